"""`.env.example`, written from the settings: `python -m whop_crm.runtime.settings_file > .env.example`."""

from collections.abc import Iterator

from pydantic.fields import FieldInfo

from whop_crm.config import Settings
from whop_crm.runtime.say import tell

HEAD = """\
# Settings of Whop CRM. Copy this file to .env and fill in what you need; the environment wins over .env.
# `make demo` needs none of them, `whop-crm doctor` says which are missing.
"""


def render() -> str:
    """The whole file: each setting with its description and its default; secrets have none."""
    return "\n".join([HEAD, *_lines()])


def _lines() -> Iterator[str]:
    for name, field in Settings.model_fields.items():
        yield f"# {field.description}"
        yield f"{name.upper()}={_default(field)}"
        yield ""


def _default(field: FieldInfo) -> str:
    match field.default:
        case None:
            return ""
        case bool() as flag:
            return str(flag).lower()
        case value:
            return str(value).rstrip("/")


if __name__ == "__main__":
    tell(render().rstrip("\n"))
