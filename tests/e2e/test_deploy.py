"""A new front end under open tabs: its scripts have other names, and an old tab that asks for one that is gone begins
anew by itself."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import WORLD
from tests.support.browser_page import OWNER, main, ready, sign_in, sketch
from tests.support.crm import Crm, eventually
from tests.support.server import Server, build, server
from whop_crm.runtime.frontend import WEB

pytestmark = [pytest.mark.e2e, pytest.mark.long]


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """A copy of the built front end that a test may change."""
    build()
    copy = tmp_path / "web"
    shutil.copytree(WEB / "build", copy / "build")
    for other in WEB.iterdir():
        if other.name != "build":
            (copy / other.name).symlink_to(other)
    return copy


@pytest.fixture
def app(web: Path, tmp_path: Path) -> Iterator[Server]:
    with server(tmp_path, WORLD, WHOP_REQUESTS_PER_MINUTE="100000", REFLEX_WEB_WORKDIR=str(web)) as running:
        yield running


def rename_scripts(web: Path) -> None:
    """As another build would: each script has another name, and whatever names it says so."""
    client = web / "build" / "client"
    for packed in client.rglob("*.gz"):
        packed.unlink()
    scripts = sorted((client / "assets").glob("*.js"))
    names = {one.name: f"{one.stem}N{one.suffix}" for one in scripts}
    named = re.compile("|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)))
    for file in (*client.rglob("*.js"), *client.rglob("*.html")):
        file.write_text(named.sub(lambda found: names[found[0]], file.read_text()))
        if file.parent.name == "assets" and file.name in names:
            file.rename(file.with_name(names[file.name]))


def test_an_old_tab_that_needs_a_script_that_is_gone_begins_anew(app: Server, web: Path, browser: Browser) -> None:
    crm = Crm(app)
    context = browser.new_context(base_url=app.url)
    page = context.new_page()
    sign_in(page, OWNER)
    eventually(crm.synced, 60)
    ready(page)
    old = _scripts(page)
    app.child.stop()
    rename_scripts(web)
    app.start()
    expect(page.locator(".connection")).to_have_text("", timeout=20_000)
    assert _scripts(page) == old, "the tab is the old one still"

    page.get_by_role("link", name="Members").first.click()
    page.wait_for_function("(old) => !old.some((name) => performance.getEntriesByName(name).length)", arg=sorted(old))
    ready(page)
    page.get_by_role("link", name="Members").first.click()
    expect(main(page).get_by_role("heading", level=1)).to_have_text("Members")
    assert not _scripts(page) & old
    name = crm.act("join")[0].split(" joined ")[0]
    expect(main(page)).to_contain_text(name)
    fresh = context.new_page()
    fresh.goto(page.url)
    ready(fresh)
    eventually(lambda: sketch(page) == sketch(fresh))
    context.close()


def _scripts(page: Page) -> set[str]:
    return set(
        page.evaluate(
            """() => performance.getEntriesByType("resource").map((one) => one.name)
              .filter((name) => name.includes("/assets/") && name.endsWith(".js"))"""
        )
    )
