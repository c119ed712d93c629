"""A note's markdown becomes HTML that can do nothing but be read."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whop_crm.markdown import render

ALLOWED = re.compile(
    r"</?(p|br|hr|strong|em|s|code|pre|blockquote|ul|ol|li|h[1-6]|table|thead|tbody|tr|th|td)>"
    r'|<a( href="(https://|mailto:)[^"]*")? target="_blank" rel="noopener nofollow">|</a>'
)


def test_the_usual_marks_are_understood() -> None:
    assert render("**bold** and _slanted_\nnext line") == (
        "<p><strong>bold</strong> and <em>slanted</em><br>\nnext line</p>\n"
    )
    assert "<li>one</li>" in render("- one\n- two")
    assert "<s>gone</s>" in render("~~gone~~")


def test_links_open_apart_and_pass_nothing_on() -> None:
    assert render("[site](https://example.com/a)") == (
        '<p><a href="https://example.com/a" target="_blank" rel="noopener nofollow">site</a></p>\n'
    )


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![pixel](https://evil.example/p.png)",
        "[x](javascript:alert(1))",
        "[x](data:text/html,hi)",
        "[x](http://example.com)",
        "[x](//evil.example)",
        "[x](/dashboard)",
        "<a href='https://example.com' onclick='alert(1)'>x</a>",
        "<iframe src=https://evil.example></iframe>",
        "<style>*{display:none}</style>",
        "[a]: javascript:alert(1)\n[a]",
        "<svg/onload=alert(1)>",
        '[x](https://example.com "onmouseover=alert(1)")',
    ],
)
def test_nothing_runs_and_nothing_is_fetched(hostile: str) -> None:
    html = render(hostile)
    assert re.search(r"<(script|img|iframe|style|svg)|href=\"(?!https:|mailto:)|<[^>]*\bon\w+=", html) is None


def test_an_image_is_its_description() -> None:
    assert render("![a cat <b>](https://evil.example/cat.png)") == "<p>a cat &lt;b&gt;</p>\n"


@given(st.text(alphabet=st.sampled_from("<>!\"'()[]*_`~#-=:/ \nahrefscriptonm.&;0"), max_size=80))
def test_only_known_tags_ever_come_out(markdown: str) -> None:
    assert "<" not in ALLOWED.sub("", render(markdown))
