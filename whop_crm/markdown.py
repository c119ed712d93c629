"""Markdown that a teammate typed, as HTML that is safe to put on a page."""

from collections.abc import Sequence

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

_TAGS = {
    "p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a",
    "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip


def render(markdown: str) -> str:
    """HTML without scripts, styles or anything fetched from elsewhere; an image is its description.

    Headings begin at the third level: a note stands below a page's own.

    Links lead to https and mailto alone, open a new tab and pass neither rank nor opener on.
    """
    return nh3.clean(
        _markdown.render(markdown),
        tags=_TAGS,
        attributes={"a": {"href"}, "*": set()},
        set_tag_attribute_values={"a": {"target": "_blank"}},
        url_schemes={"https", "mailto"},
        url_relative="deny",
        link_rel="noopener nofollow",
    )


def _description(
    _renderer: RendererProtocol, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType
) -> str:
    return nh3.clean_text(tokens[index].content)


def _lower_headings(state: StateCore) -> None:
    for token in state.tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + 2, 6)}"


_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
_markdown.add_render_rule("image", _description)
_markdown.core.ruler.push("lower_headings", _lower_headings)
