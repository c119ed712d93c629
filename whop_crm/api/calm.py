"""Plain pages for whom the app itself cannot be shown: one sentence on what is the matter, one on what to do."""

from html import escape

from starlette.responses import HTMLResponse, Response

from whop_crm import routes
from whop_crm.config import settings

_STYLE = """
@font-face{font-family:Inter;src:url(/fonts/inter-latin.woff2) format("woff2");font-weight:100 900;font-display:swap}
:root{color-scheme:light dark;--page:#f8fafc;--card:#fff;--line:#e2e8f0;--text:#0f172a;--quiet:#475569;--act:#0369a1;
--on:#fff}
@media (prefers-color-scheme:dark){:root{--page:#0b1018;--card:#121822;--line:#263142;--text:#e6edf5;--quiet:#a3b1c4;
--act:#38bdf8;--on:#04121d}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:24px;background:var(--page);color:var(--text);
font:15px/1.5 Inter,ui-sans-serif,system-ui,sans-serif}
main{width:100%;max-width:440px;padding:32px;background:var(--card);border:1px solid var(--line);border-radius:12px}
h1{margin:16px 0 8px;font-size:20px;line-height:1.3;letter-spacing:-.01em}
p{margin:0 0 8px;color:var(--quiet)}
nav{display:flex;flex-wrap:wrap;gap:8px;margin-top:20px}
a{display:inline-flex;align-items:center;min-height:36px;padding:0 14px;border:1px solid var(--line);border-radius:8px;
color:inherit;font-weight:500;text-decoration:none}
a.first{background:var(--act);border-color:var(--act);color:var(--on)}
a:focus-visible{outline:3px solid var(--act);outline-offset:2px}
""".replace("\n", "")


def page(
    title: str,
    text: str,
    *,
    status: int = 200,
    again: str | None = None,
    outside: str | None = None,
    act: str = "Open Whop CRM",
) -> Response:
    """`again` is an address of ours that is worth another try here, under the word `act`; `outside` is one to open in a
    tab of its own.
    """
    links = ""
    if again is not None:
        links += f'<a class="first" href="{escape(again)}">{escape(act)}</a>'
    if outside is not None:
        own = escape(settings().origin + outside)
        links += f'<a href="{own}" target="_blank" rel="noopener noreferrer">Open in a new tab</a>'
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<link rel="icon" href="/favicon.svg"><title>{escape(title)} · Whop CRM</title><style>{_STYLE}</style></head>'
        '<body><main id="main"><img src="/logo-mark.svg" alt="" width="28" height="28">'
        f"<h1>{escape(title)}</h1><p>{escape(text)}</p>{links and f'<nav>{links}</nav>'}</main></body></html>",
        status,
        {"Cache-Control": "no-store"},
    )


def nobody(path: str) -> Response:
    return page(
        "Whop did not say who you are",
        "Sign in to Whop, then open this app from your company's dashboard there.",
        status=401, again=path, outside=path,
    )  # fmt: skip


def run_out(path: str) -> Response:
    return page(
        "This page was open for too long",
        "Whop's word on who you are has run out. Open the page again and it is renewed.",
        status=401, again=path, outside=path,
    )  # fmt: skip


def not_trusted(path: str) -> Response:
    return page(
        "Whop's word on who you are cannot be trusted",
        "It was not made by Whop for this app, so nothing is shown. Open the app from Whop again.",
        status=401, again=path, outside=path,
    )  # fmt: skip


def whop_away(path: str) -> Response:
    return page(
        "Whop cannot be reached",
        "Whether you may see this could not be checked. Your data is safe; try again in a minute.",
        status=503, again=path, act="Try again", outside=path,
    )  # fmt: skip


def not_configured(path: str) -> Response:
    return page(
        "Whop CRM is not connected to Whop yet",
        "Whoever runs it sees why with “whop-crm doctor”.",
        status=503, outside=path,
    )  # fmt: skip


def not_on_team(path: str) -> Response:
    return page(
        "This is for the company's team",
        "You are signed in to Whop, but you are not on the team of this company, or it does not use Whop CRM. "
        "Its owner can add you to the team in Whop.",
        status=403, again=path, act="Look again",
    )  # fmt: skip


def no_company() -> Response:
    return page(
        "No company to open",
        "Open this app from the dashboard of a company in Whop whose team you are on.",
        status=404, outside=routes.OPEN_COMPANY,
    )  # fmt: skip


def no_experience() -> Response:
    return page(
        "There is no such app here", "Whop does not know this place any more. Open the app from Whop again.", status=404
    )


def signed_out(path: str) -> Response:
    return page(
        "You are signed out",
        "Whop CRM is closed here and on every open tab inside Whop. Open it again and Whop says who you are.",
        again=path, outside=path,
    )  # fmt: skip
