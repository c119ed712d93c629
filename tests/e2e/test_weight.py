"""What a first visit costs: a page brings at most 350 kB of script, and only its own."""

import pytest

from tests.e2e.conftest import Team
from tests.support.browser_page import OWNER, ready
from tests.support.crm import Crm
from whop_crm import routes

pytestmark = [pytest.mark.e2e, pytest.mark.long]

MOST = 350_000
_SCRIPTS = """
() => performance.getEntriesByType("resource")
  .filter((one) => new URL(one.name).pathname.endsWith(".js"))
  .map((one) => [one.name, one.encodedBodySize])
"""
PAGES = [one for one in vars(routes).values() if isinstance(one, str) and one.startswith(f"{routes.OPEN_COMPANY}/")]


def test_the_scripts_of_a_first_visit_are_few(crm: Crm, team: Team) -> None:
    assert {routes.SYNC, routes.CONNECTION, routes.SETTINGS, routes.SETTINGS_TAGS, routes.MEMBER} <= set(PAGES)
    member = crm.member()
    weights: dict[str, int] = {}
    for person, patterns in ((None, [routes.HOME]), (OWNER, PAGES)):
        page = team.browser_of(person).new_page()
        page.context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
        for pattern in patterns:
            page.goto(crm.url + pattern.replace("[biz]", crm.company).replace("[mber]", member))
            ready(page)
            page.wait_for_load_state("networkidle")
            sizes = dict(page.evaluate(_SCRIPTS))
            assert sizes, "a page without scripts measures nothing"
            assert all(sizes.values()), "a script from the cache weighs nothing"
            weights[pattern] = sum(sizes.values())
    assert {pattern: weight for pattern, weight in weights.items() if weight > MOST} == {}
