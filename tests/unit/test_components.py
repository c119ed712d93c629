"""The design system holds together: Python, JavaScript and CSS name the same things."""

import inspect
import re
from pathlib import Path

import pytest
import reflex as rx

from whop_crm import components as ui
from whop_crm.components import local
from whop_crm.components.theme import STYLESHEETS, TagColor
from whop_crm.models import enums

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "assets"
PYTHON = sorted((ROOT / "whop_crm" / "components").glob("*.py"))
SCRIPTS = sorted((ASSETS / "js").glob("*.js*"))
LOCAL = [
    cls
    for _, cls in inspect.getmembers(local, inspect.isclass)
    if cls.__module__ == local.__name__ and str(cls.library).startswith("$/public/")
]


def rendered(component: rx.Component) -> str:
    return str(component.render())


@pytest.mark.parametrize("component", LOCAL, ids=lambda cls: cls.__name__)
def test_every_local_component_exists_in_javascript(component: type[rx.Component]) -> None:
    script = ASSETS / str(component.library).removeprefix("$/public/")
    signature = re.search(rf"export function {component.tag}\((?:\{{([^}}]*)\}})?", script.read_text())
    assert signature, f"{component.tag} in {script.name}"
    props = set(component.get_fields()) - set(rx.Component.get_fields())
    wanted = {re.sub(r"_(\w)", lambda m: m[1].upper(), name) for name in props}
    given = set(re.findall(r"(?:\.\.\.)?(\w+)(?:\s*=[^,]+)?(?:,|\s*$)", signature[1] or ""))
    if "on" in given:
        given |= {name for name in wanted if name.startswith("on")}
    assert wanted <= given


def test_every_class_has_a_rule() -> None:
    """A class nobody styled is a slip of the pen, in Python or in JavaScript."""
    css = "".join((ASSETS / sheet).read_text() for sheet in STYLESHEETS)
    styled = set(re.findall(r"\.(-?[_a-zA-Z][\w-]*)", css))
    used: set[str] = set()
    for path in PYTHON:
        for text in re.findall(r'class_name="([^"{]*)"', path.read_text()):
            used |= set(text.split())
    for path in SCRIPTS:
        for text in re.findall(r'className="([^"{]*)"', path.read_text()):
            used |= set(text.split())
    assert used - styled == set()


def test_stylesheets_fonts_and_marks_are_shipped() -> None:
    for sheet in STYLESHEETS:
        assert (ASSETS / sheet).is_file()
    css = "".join((ASSETS / sheet).read_text() for sheet in STYLESHEETS)
    for path in re.findall(r'url\("(/[^"]+)"\)', css):
        assert (ASSETS / path.lstrip("/")).is_file(), path
    assert "http://" not in css
    assert "https://" not in css
    assert (ASSETS / "fonts" / "LICENSE.txt").is_file()
    assert (ASSETS / "favicon.svg").is_file()


def test_tags_of_the_model_have_their_colours() -> None:
    assert {color.value for color in enums.TagColor} <= {color.value for color in TagColor}


def test_an_icon_button_needs_a_name() -> None:
    with pytest.raises(ValueError, match="label"):
        ui.icon_button("x", " ")
    assert "Close" in rendered(ui.icon_button("x", "Close"))


def test_a_badge_says_its_state_in_words_beside_the_colour() -> None:
    html = rendered(ui.badge("Past due", "warning"))
    assert "Past due" in html
    assert "warning" in html


def test_a_sorted_column_says_so() -> None:
    column = ui.Column("Joined", lambda row: row, sort="joined")
    html = rendered(
        ui.data_table(
            [column],
            rx.Var.create(["a"]),
            label="Members",
            row_key=lambda row: row,
            sort="joined",
            descending=True,
            on_sort=lambda key: rx.console_log(key),
        )
    )
    assert "aria-sort" in html
    assert "descending" in html


def test_an_error_offers_another_try_only_when_there_is_one() -> None:
    assert "Try again" in rendered(ui.error_state(on_retry=rx.console_log("again")))
    assert "Try again" not in rendered(ui.error_state())


def test_a_progress_bar_may_not_know_how_far_it_is() -> None:
    assert "aria-valuenow" in rendered(ui.progress_bar(40, "Reading"))
    assert "aria-valuenow" not in rendered(ui.progress_bar(None, "Reading"))


def test_links_that_leave_take_nothing_along() -> None:
    assert "noopener noreferrer" in rendered(ui.outside_link("Whop", href="https://whop.com"))
