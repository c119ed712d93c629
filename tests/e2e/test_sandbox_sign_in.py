"""The sandbox's sign-in page in a real browser: narrow and wide, light and dark, by keyboard alone."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.support.sandbox import QUIET, new_folder
from whop_crm.sandbox.grants import challenge_of
from whop_crm.sandbox.server import Sandbox, free_port, running

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    port = free_port()
    options = replace(QUIET, redirect_uris=(f"http://127.0.0.1:{port}/health",))
    with running(new_folder(tmp_path_factory.mktemp("data")), options, port) as found:
        yield found


def address(sandbox: Sandbox) -> str:
    fields = {
        "response_type": "code",
        "client_id": sandbox.credentials.app_id,
        "redirect_uri": f"{sandbox.url}/health",
        "scope": "openid profile email",
        "state": "st4te",
        "nonce": "n0nce",
        "code_challenge": challenge_of("x" * 50),
        "code_challenge_method": "S256",
    }
    return f"{sandbox.url}/oauth/authorize?{urlencode(fields)}"


@pytest.mark.parametrize(("width", "scheme"), [(375, "light"), (375, "dark"), (1440, "light")])
def test_the_page_fits_and_is_accessible(sandbox: Sandbox, browser: Browser, width: int, scheme: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    for path in (address(sandbox), sandbox.url, f"{sandbox.url}/oauth/authorize?client_id=nobody"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert [found["id"] for found in Axe().run(page).response["violations"]] == []
    context.close()


def test_signing_in_by_keyboard_returns_to_the_app(sandbox: Sandbox, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(address(sandbox))
    page.keyboard.press("Tab")
    assert "Owner" in page.locator(":focus").inner_text()
    page.keyboard.press("Enter")
    page.wait_for_url("**/health?*")
    assert "code=code_" in page.url
    assert "state=st4te" in page.url
    page.close()
