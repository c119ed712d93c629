"""Whop's page around an embedded app, and the page that asks whom to be."""

from collections.abc import Iterable
from html import escape
from urllib.parse import quote

from whop_crm.sandbox.oauth_page import SignInGroup, page

SANDBOX = "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads"
"""What the frame may do: no top navigation, no dialogs."""


def frame_page(source: str, person: str) -> str:
    """The app at `source` in a frame that fills the window below Whop's bar."""
    who = escape(person) if person else "nobody is signed in"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Whop sandbox</title>'
        '<link rel="icon" href="data:,">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><style>'
        "html,body{margin:0;height:100%}body{display:flex;flex-direction:column;background:#111}"
        "header{display:flex;gap:16px;padding:8px 16px;font:14px system-ui,sans-serif;color:#ddd}"
        "header a{color:#7dd3fc}iframe{flex:1;border:0;width:100%;background:#fff}</style></head><body>"
        f'<header><b>Whop sandbox</b><span>{who}</span><a href="/">Somebody else</a></header>'
        f'<iframe name="app" title="The app" sandbox="{SANDBOX}" src="{escape(source)}"></iframe></body></html>'
    )


def people_page(groups: Iterable[SignInGroup], companies: Iterable[tuple[str, str]]) -> str:
    """Everybody, and what each may open inside Whop. `companies` are id and title."""
    places = list(companies)
    rows = "".join(
        f"<h2>{escape(group.title)}</h2><ul>"
        + "".join(
            f"<li><b>{escape(one.name)}</b> · {escape(one.role)}: {_links(one.user_id, places)}</li>"
            for one in group.people
        )
        + "</ul>"
        for group in groups
    )
    return page(
        "Whop sandbox – inside Whop",
        "<h1>Whop sandbox – inside Whop</h1><p>The app in a frame, as Whop shows it. None of these people are real."
        f"</p>{rows}",
    )


def _links(user_id: str, places: list[tuple[str, str]]) -> str:
    return ", ".join(
        f'<a href="/?person={escape(user_id)}&amp;to={quote(f"/dashboard/{company}")}">{escape(title)}</a>'
        for company, title in places
    )
