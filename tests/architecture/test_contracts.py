"""The import contracts of pyproject.toml can fail, and the rules they cannot say hold too."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "whop_crm"

BREACHES = {
    "Doors stand on services, services on models, and nobody looks up": ("access.py", "whop_crm.services"),
    "Services stand in order": ("services/activities/__init__.py", "whop_crm.services.sync"),
    "Starting the app knows the database and the settings, and nothing of the business": (
        "runtime/ports.py",
        "whop_crm.services",
    ),
    "The sandbox knows nothing of the product but its settings": ("sandbox/keys.py", "whop_crm.db"),
    "Only the command line and the tests know the sandbox": ("jobs/__init__.py", "whop_crm.sandbox"),
    "Reflex only on the screen": ("services/__init__.py", "reflex"),
    "SQL only below the doors": ("api/__init__.py", "sqlalchemy"),
    "HTTP out only in clients": ("services/__init__.py", "httpx"),
    "HTTP in only in api": ("jobs/__init__.py", "starlette"),
    "The clock only in jobs": ("state/__init__.py", "apscheduler"),
}


def test_each_contract_can_fail(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "whop_crm", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for service in ("activities", "sync"):
        (tmp_path / "whop_crm" / "services" / service).mkdir(exist_ok=True)
        (tmp_path / "whop_crm" / "services" / service / "__init__.py").touch()
    for file, module in BREACHES.values():
        path = tmp_path / "whop_crm" / file
        path.write_text(f"{path.read_text()}\nimport {module}\n")
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], cwd=tmp_path, capture_output=True, text=True, check=False)
    report = re.sub(r"\s+", " ", done.stdout)
    assert [name for name in BREACHES if f"{name} BROKEN" not in report] == []
    assert set(_contract_names()) == set(BREACHES)


def test_services_are_imported_by_their_front_door() -> None:
    breaches = [
        f"{path}: {name}"
        for path, name in _imports()
        if (parts := name.split("."))[:2] == ["whop_crm", "services"]
        and len(parts) > 3
        and (PACKAGE / "services" / parts[2] / f"{parts[3]}.py").is_file()
        and path.parts[:3] != ("whop_crm", "services", parts[2])
    ]
    assert breaches == []


def test_the_global_tables_are_for_doors_and_sessions_only() -> None:
    allowed = ("whop_crm/api/", "whop_crm/jobs/", "whop_crm/cli.py", "whop_crm/state/session.py", "whop_crm/db.py")
    breaches = [
        str(path)
        for path, name in _imports()
        if name == "whop_crm.db.platform_session" and not path.as_posix().startswith(allowed)
    ]
    assert breaches == []


def _contract_names() -> list[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return [contract["name"] for contract in settings["tool"]["importlinter"]["contracts"]]


def _imports() -> Iterator[tuple[Path, str]]:
    """Each name that each module of the package imports, with the file relative to the checkout."""
    for file in PACKAGE.rglob("*.py"):
        path = file.relative_to(ROOT)
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                yield from ((path, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield from ((path, f"{node.module}.{alias.name}") for alias in node.names)
