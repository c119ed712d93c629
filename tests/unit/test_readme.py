"""The README's tables say what the code says. `python -m tests.unit.test_readme` writes them anew."""

import re
from pathlib import Path

from whop_crm.clients.scopes import SCOPES, WEBHOOK_EVENTS
from whop_crm.config import Settings

README = Path(__file__).parents[2] / "README.md"


def scopes() -> str:
    lines = ["| permission | what for |", "|---|---|"]
    return "\n".join(lines + [f"| `{scope.action}` | {scope.purpose} |" for scope in SCOPES])


def events() -> str:
    return ", ".join(f"`{event}`" for event in WEBHOOK_EVENTS) + "."


def settings() -> str:
    lines = ["| variable | default | what it is |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "–" if field.default is None else f"`{str(field.default).rstrip('/')}`"
        lines.append(f"| `{name.upper()}` | {default} | {field.description} |")
    return "\n".join(lines)


def written(text: str) -> str:
    for name, content in (("scopes", f"\n{scopes()}\n"), ("settings", f"\n{settings()}\n"), ("events", events())):
        text = re.sub(
            rf"(<!-- {name} -->).*?(<!-- /{name} -->)", lambda m, c=content: m[1] + c + m[2], text, flags=re.DOTALL
        )
    return text


def test_the_readme_lists_what_the_code_asks_for() -> None:
    assert README.read_text() == written(README.read_text()), "run: python -m tests.unit.test_readme"


def test_every_path_the_readme_names_exists() -> None:
    root = README.parent
    named = re.findall(r"\]\(([^)#]+)\)", README.read_text())
    assert named
    assert [path for path in named if not path.startswith("http") and not (root / path).exists()] == []


if __name__ == "__main__":
    README.write_text(written(README.read_text()))
