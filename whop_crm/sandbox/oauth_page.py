"""The page on which a person of the sandbox signs in to the app: plain HTML, no script, self-contained."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class SignInPerson:
    """One button of the page. `role` is what they are here, such as "Owner" or "Member"."""

    user_id: str
    name: str
    username: str
    role: str


@dataclass(frozen=True)
class SignInGroup:
    """A company and some of its people, or the people who belong to none."""

    title: str
    people: Sequence[SignInPerson]


_STYLE = """
:root { color-scheme: light dark; --page: #f8fafc; --card: #ffffff;
  --line: #d5dce5; --text: #0f172a; --quiet: #475569; --accent: #0369a1; --tint: #e0f2fe; }
@media (prefers-color-scheme: dark) { :root { --page: #0b1220; --card: #131c2e;
  --line: #2b384e; --text: #f1f5f9; --quiet: #a9b6c9; --accent: #7dd3fc; --tint: #14304a; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 32px 16px 64px; background: var(--page); color: var(--text);
  font: 16px/1.5 Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 560px; margin: 0 auto; }
h1 { font-size: 24px; line-height: 1.25; margin: 0 0 8px; letter-spacing: -0.01em; text-wrap: balance; }
h2 { font-size: 14px; font-weight: 600; color: var(--quiet); margin: 24px 0 8px; }
p { margin: 0 0 8px; color: var(--quiet); overflow-wrap: anywhere; }
a { color: var(--accent); }
ul { list-style: none; margin: 0; padding: 0; display: grid; gap: 8px; }
button { width: 100%; min-height: 60px; display: flex; align-items: center; gap: 12px;
  padding: 8px 12px; text-align: left; font: inherit; color: inherit; background: var(--card);
  border: 1px solid var(--line); border-radius: 8px; cursor: pointer; }
button:hover { border-color: var(--accent); background: var(--tint); }
button:focus-visible, a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.initials { flex: none; width: 40px; height: 40px; border-radius: 50%;
  background: var(--tint); color: var(--accent); display: grid; place-items: center;
  font-size: 14px; font-weight: 600; }
.who { flex: 1; min-width: 0; }
.who b, .who span { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.who b { font-weight: 600; }
.who span { font-size: 14px; color: var(--quiet); }
.role { flex: none; font-size: 13px; color: var(--quiet); border: 1px solid var(--line); border-radius: 999px;
  padding: 2px 10px; }
.cancel { min-height: 44px; justify-content: center; margin-top: 24px; color: var(--quiet);
  background: transparent; }
code { font-size: 0.9em; }
""".strip()


def page(title: str, body: str) -> str:
    """A whole document around `body`, which is HTML already; `title` is text."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>{body}</main></body></html>"
    )


def sign_in_page(groups: Iterable[SignInGroup], fields: dict[str, str]) -> str:
    """Everyone to continue as. `fields` are the authorize request's parameters, carried along, hidden."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in fields.items()
    )
    sections = "".join(_section(number, group) for number, group in enumerate(groups) if group.people)
    host = escape(fields.get("redirect_uri", "").split("?")[0])
    return page(
        "Whop sandbox – continue as",
        "<h1>Whop sandbox – continue as</h1>"
        f"<p>None of these people are real. You return to <code>{host}</code>.</p>"
        f'<form method="post" action="/oauth/authorize">{hidden}{sections}'
        '<button class="cancel" name="user_id" value="">Cancel and go back</button></form>',
    )


def trouble_page(sentence: str, hint: str) -> str:
    """Why this sign-in cannot go on, and what to do about it."""
    return page(
        "Whop sandbox – this sign-in cannot go on",
        f"<h1>This sign-in cannot go on</h1><p>{escape(sentence)}</p><p>{escape(hint)}</p>",
    )


def _section(number: int, group: SignInGroup) -> str:
    rows = "".join(f"<li>{_button(person)}</li>" for person in group.people)
    heading = f'<h2 id="group-{number}">{escape(group.title)}</h2>'
    return f'<section aria-labelledby="group-{number}">{heading}<ul>{rows}</ul></section>'


def _button(person: SignInPerson) -> str:
    return (
        f'<button name="user_id" value="{escape(person.user_id)}">'
        f'<span class="initials" aria-hidden="true">{escape(_initials(person.name))}</span>'
        f'<span class="who"><b>{escape(person.name)}</b><span>@{escape(person.username)}</span></span>'
        f'<span class="role">{escape(person.role)}</span></button>'
    )


def _initials(name: str) -> str:
    words = name.split()
    return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper() or "?"
