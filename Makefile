# The commands that a person types. `make` alone lists them.

SHELL := /bin/sh
.SHELLFLAGS := -eu -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
PYTHON ?=
PYTEST := $(BIN)/pytest
FAST := tests/unit tests/architecture tests/services tests/api tests/state
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export UV_NO_PROGRESS := 1
# Where it is set, each of the many processes of a test run compiles every library anew: 10 s of `make check`.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## list the commands
	@echo "Whop CRM"
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'

.PHONY: demo
demo: $(VENV)/.installed ## the whole app with a Whop of its own, in one command; Ctrl-C ends it
	@exec $(BIN)/whop-crm demo

.PHONY: run
run: $(VENV)/.installed ## serve the app with the settings of .env
	@exec $(BIN)/whop-crm run

.PHONY: doctor
doctor: $(VENV)/.installed ## what is configured, reachable and missing
	@exec $(BIN)/whop-crm doctor

.PHONY: test
test: test-core test-e2e ## every test, those in a real browser included

.PHONY: test-core
test-core: dev
	@$(PYTEST) -n 3 -m "not long and not e2e"

.PHONY: test-e2e
test-e2e: dev
	@$(BIN)/python -m whop_crm.runtime.browser
	@$(PYTEST) -n 2 --dist loadfile -m "e2e and not long" tests/e2e

.PHONY: check
check: dev ## format, lint, types, import contracts and the fast tests
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint fast-tests

.PHONY: test-long
test-long: dev ## random histories, kills and load
	@$(PYTEST) -n 2 --dist worksteal -m "long and not e2e"
	@$(BIN)/python -m whop_crm.runtime.browser
	@$(PYTEST) -m "long and e2e" tests/e2e || test $$? -eq 5

.PHONY: bench
bench: dev ## measure against the bars, print a table and JSON
	@$(BIN)/python -m benchmarks

.PHONY: screenshots
screenshots: dev ## take the pictures of docs/screenshots from the live app
	@$(BIN)/python -m whop_crm.runtime.browser
	@$(BIN)/python -m tests.support.screenshots

.PHONY: format
format: dev ## let the formatter and the linter repair what they can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

.PHONY: lock
lock: $(UV) ## renew the locks after a change of dependencies
	@$(UV) pip compile -q pyproject.toml --no-emit-index-url --no-emit-find-links --no-header --generate-hashes \
		--universal -o requirements.lock
	@$(UV) pip compile -q pyproject.toml --group dev -c requirements.lock --no-emit-index-url --no-emit-find-links \
		--no-header --generate-hashes --universal -o requirements-dev.lock

.PHONY: install
install: $(VENV)/.installed ## make the environment
	@:

.PHONY: dev
dev: $(VENV)/.installed-dev
	@:

.PHONY: lint
lint:
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/pyright

.PHONY: fast-tests
fast-tests:
	@$(PYTEST) -n 2 -m "not long and not e2e and not slow" $(FAST)

# The environment. A stamp says which lock it was made from; the larger one holds all of the smaller.

$(UV): | $(BIN)/python
	@$(BIN)/python -m pip install -q "uv>=0.13,<0.14"

$(BIN)/python:
	@for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			"$$python" -m venv $(VENV) >/dev/null && exit 0; rm -rf $(VENV); \
			echo "$$python cannot make virtual environments. On Debian: apt install python3-venv." >&2; exit 1; \
		fi; \
	done; echo "Python 3.11 or newer is needed. Install it, or name it: make demo PYTHON=/path/to/python." >&2; exit 1

$(VENV)/.installed: requirements.lock pyproject.toml | $(UV)
	@echo "Installing what Whop CRM needs into $(VENV) …"
	@lock=requirements.lock; if [ -e $@-dev ]; then lock=requirements-dev.lock; fi; \
		$(UV) pip sync -q --python $(BIN)/python $$lock
	@$(UV) pip install -q --python $(BIN)/python --no-deps -e .
	@if [ -e $@-dev ]; then touch $@-dev; fi
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock pyproject.toml | $(UV)
	@echo "Installing what Whop CRM and its tests need into $(VENV) …"
	@$(UV) pip sync -q --python $(BIN)/python requirements-dev.lock
	@$(UV) pip install -q --python $(BIN)/python --no-deps -e .
	@touch $(VENV)/.installed $@
