"""WCAG contrast of every pair of tokens that meets on a screen, in light and in dark."""

import re
from pathlib import Path

import pytest

from whop_crm.components.theme import TagColor, Tone

CSS = Path(__file__).parents[2] / "assets" / "css"
SURFACES = ("page", "surface", "sunken", "raised", "hover")
TEXT, SHAPE = 4.5, 3.0

PAIRS = [
    *((ink, surface, TEXT) for ink in ("text", "text-muted", "text-faint", "link") for surface in SURFACES),
    *((f"{tone}-ink", f"{tone}-ground", TEXT) for tone in Tone),
    *((f"{tone}-ink", surface, TEXT) for tone in Tone for surface in ("surface", "raised")),
    *((f"{color}-ink", f"{color}-ground", TEXT) for color in TagColor),
    ("on-action", "action", TEXT),
    ("on-action", "action-hover", TEXT),
    ("on-danger-action", "danger-action", TEXT),
    ("on-danger-action", "danger-action-hover", TEXT),
    ("on-tooltip", "tooltip", TEXT),
    ("text", "mark", TEXT),
    ("text", "flash", TEXT),
    ("text-faint", "flash", TEXT),
    ("text", "warning-ground", TEXT),
    *(("text-muted", f"{tone}-ground", TEXT) for tone in Tone),
    *(("focus", surface, SHAPE) for surface in SURFACES),
    *(("line-control", surface, SHAPE) for surface in ("page", "surface", "raised")),
    *((f"{tone}-dot", f"{tone}-ground", SHAPE) for tone in (Tone.NEUTRAL, Tone.PRIMARY, Tone.SUCCESS)),
    ("action", "surface", SHAPE),
]


def tokens(selector: str) -> dict[str, str]:
    css = (CSS / "tokens.css").read_text()
    block = re.search(rf"^{re.escape(selector)} \{{(.*?)^\}}", css, re.S | re.M)
    assert block
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6});", block[1]))


def luminance(color: str) -> float:
    channels = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


LIGHT = tokens(":root")
DARK = LIGHT | tokens(".dark")


def test_the_formula_agrees_with_known_pairs() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize(("mode", "values"), [("light", LIGHT), ("dark", DARK)])
def test_pairs_are_readable(mode: str, values: dict[str, str]) -> None:
    low = [
        f"{front} on {back}: {ratio:.2f} < {least}"
        for front, back, least in PAIRS
        if (ratio := contrast(values[front], values[back])) < least
    ]
    assert not low, mode


def test_dark_answers_every_light_colour() -> None:
    brand = {"primary-500", "success", "warning", "error", "info", "gray-50", "gray-100", "gray-500", "gray-900"}
    assert set(LIGHT) - brand == set(tokens(".dark"))


def test_colours_are_literal_in_the_tokens_alone() -> None:
    for sheet in CSS.glob("*.css"):
        if sheet.name != "tokens.css":
            assert not re.findall(r"#[0-9a-f]{3,8}\b|rgb\(", sheet.read_text()), sheet.name
