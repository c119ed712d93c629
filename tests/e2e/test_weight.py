"""What a first visit costs: a page brings at most 350 kB of script, and only its own."""

import pytest

from tests.e2e.conftest import Team
from tests.support.browser_page import OWNER, ready
from tests.support.crm import Crm

pytestmark = pytest.mark.e2e

MOST = 350_000
_SCRIPTS = """
() => performance.getEntriesByType("resource")
  .filter((one) => new URL(one.name).pathname.endsWith(".js"))
  .map((one) => [one.name, one.encodedBodySize])
"""


@pytest.mark.parametrize("page_name", ["dashboard", "members", "profile"])
def test_the_scripts_of_a_first_visit_are_few(crm: Crm, team: Team, page_name: str) -> None:
    address = {"dashboard": crm.dashboard(), "members": crm.members(), "profile": crm.profile(crm.member())}[page_name]
    context = team.browser_of(OWNER)
    page = context.new_page()
    page.goto(address)
    ready(page)
    page.wait_for_load_state("networkidle")
    sizes = dict(page.evaluate(_SCRIPTS))
    assert sizes, "a page without scripts measures nothing"
    assert all(sizes.values()), "a script from the cache weighs nothing"
    assert sum(sizes.values()) <= MOST, sizes
