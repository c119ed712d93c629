"""All members: search, filter, sort, choose, and on to one of them."""

import reflex as rx

from whop_crm import components as ui
from whop_crm import routes
from whop_crm.pages.members import bulk, look, preview
from whop_crm.pages.parts.export import export_button, import_link
from whop_crm.pages.parts.filter_panel import filter_button
from whop_crm.pages.parts.frame import framed
from whop_crm.pages.parts.looks import status_badge
from whop_crm.services.members import MemberSort
from whop_crm.state.members import MembersState, PreviewState, SelectionState
from whop_crm.state.segments.one import SegmentState
from whop_crm.state.session import SessionState
from whop_crm.state.views import ListColumn, RowLine, StatusChip, TagChip

ON_LOAD = MembersState.load


def page() -> rx.Component:
    return framed(MembersState, _members(), skeleton=_waiting())


def _members() -> rx.Component:
    return ui.stack(_header(look.views_menu()), *member_list(), gap=4)


def member_list() -> list[rx.Component]:
    """The one table of members with all that belongs to it, on a page whose state is MembersState."""
    return [
        ui.row(
            _filters(),
            ui.row(filter_button(MembersState.filter_words != ""), look.columns_menu()),
            gap=3,
            justify="between",
            align="top",
            wrap=True,
            class_name="toolbar",
        ),
        _conditions(),
        bulk.at_work(),
        rx.cond(
            MembersState.total == 0,
            ui.card(_nobody()),
            rx.el.div(
                ui.card(bulk.whole_page(), _rows(), foot=_foot(), flush=True),
                preview.panel(),
                class_name=rx.cond(PreviewState.member.id, "beside beside--open", "beside"),
            ),
        ),
        bulk.deeds(),
        look.save_dialog(),
    ]


def _header(*actions: rx.Component) -> rx.Component:
    return ui.page_header("Members", "Everybody who joined, with what they pay and when they were last here.", *actions)


def _waiting() -> rx.Component:
    return ui.stack(_header(), _filters(), waiting_list(), gap=4)


def waiting_list() -> rx.Component:
    """The skeleton of the table."""
    heads = ("Name", "Email", "Status", "Plan", "Net revenue", "MRR", "Joined", "Last active")
    columns = [ui.Column(head, lambda row: row) for head in heads]
    table = ui.data_table(
        columns, MembersState.rows, label="Members", row_key=lambda row: row, loading=True, small_screen="cards"
    )
    return ui.card(table, foot=_foot(), flush=True)


def _filters() -> rx.Component:
    return ui.row(
        ui.search_field(
            "Search in this list",
            placeholder="Name, email or username",
            default_value=MembersState.search_text,
            key=MembersState.search_key,
            on_change=MembersState.search.debounce(250),
        ),
        ui.chips(
            "Status",
            ui.filter_chip(
                "All",
                active=~MembersState.any_chosen,
                count=MembersState.everybody,
                on_click=MembersState.filter_status(""),
            ),
            rx.foreach(MembersState.chips, _chip),
        ),
        rx.cond(
            MembersState.tag_name,
            ui.tag_pill(MembersState.tag_name, MembersState.tag_color, on_remove=MembersState.clear_tag),
        ),
        rx.cond(MembersState.set_name, ui.tag_pill(MembersState.set_name, "blue", on_remove=MembersState.clear_set)),
        gap=3,
        wrap=True,
    )


def _conditions() -> rx.Component:
    """What the list is filtered by, in words."""
    return rx.cond(
        MembersState.filter_words,
        ui.row(
            rx.icon("list-filter", size=16, aria_hidden=True),
            rx.el.span(MembersState.filter_words),
            ui.icon_button("x", "Remove the filter", size="small", on_click=MembersState.clear_filter),
            class_name="muted",
        ),
    )


def _chip(chip: rx.Var[StatusChip]) -> rx.Component:
    return ui.filter_chip(
        chip.label,
        active=MembersState.chosen.contains(chip.value),
        count=chip.count,
        on_click=MembersState.filter_status(chip.value),
        key=chip.value,
    )


def _rows() -> rx.Component:
    table = ui.chosen_table(
        MembersState.columns,
        MembersState.rows,
        label="Members",
        lead=("Name", MemberSort.NAME.value, _name),
        cell=_cell,
        sort=MembersState.sort,
        descending=MembersState.descending,
        on_sort=lambda key: MembersState.sort_by(key),
        on_size=MembersState.size_column,
        busy=MembersState.busy,
        pick=bulk.MAY,
        page_state=SelectionState.page_state,
        is_picked=lambda row: SelectionState.everything | SelectionState.picked.contains(row.id),
        wide=MembersState.wide | (PreviewState.member.id != ""),
    )
    return ui.row_keys(
        table,
        previewing=PreviewState.member.id,
        chosen=SelectionState.count,
        on_pick=SelectionState.pick,
        on_pick_page=SelectionState.pick_page,
        on_clear=SelectionState.clear,
        on_preview=PreviewState.show,
        on_follow=PreviewState.follow.debounce(120),
    )


def _name(row: rx.Var[RowLine]) -> rx.Component:
    """The keyboard has o and Space for the preview; the button is for mouse and finger."""
    return ui.row(
        ui.person(row.photo, row.name, row.handle, to=routes.member(SessionState.company, row.id)),
        rx.el.span(
            ui.icon_button(
                "panel-right",
                rx.Var.create("Preview ") + row.name,
                size="small",
                tab_index=-1,
                on_click=PreviewState.show(row.id),
            ),
            class_name="look above",
        ),
        justify="between",
    )


def _cell(row: rx.Var[RowLine], column: rx.Var[ListColumn], text: rx.Var[str]) -> rx.Component:
    return rx.match(
        column.kind,
        ("status", status_badge(text)),
        ("number", ui.number(text)),
        ("date", ui.date(text, class_name="nowrap")),
        ("ago", ui.relative_time(text, missing="Never", class_name="nowrap")),
        ("email", rx.cond(text, rx.el.span(text, class_name="clip"), _none("No email"))),
        ("tags", rx.el.div(rx.foreach(row.tags, _tag), class_name="tags tags--cell")),
        rx.cond(text, rx.el.span(text, class_name="clip"), _none("–")),
    )


def _tag(tag: rx.Var[TagChip]) -> rx.Component:
    return ui.tag_pill(tag.name, tag.color, key=tag.id)


def _none(text: str) -> rx.Component:
    return rx.el.span(text, class_name="faint")


def _foot() -> rx.Component:
    return ui.table_foot(
        rx.el.span(MembersState.range_text, class_name="muted number", role="status"),
        ui.row(export_button(MembersState.export_query), import_link(), gap=2),
        ui.pagination(MembersState.page, MembersState.pages, href_for=MembersState.page_link, label="Pages of members"),
    )


def _nobody() -> rx.Component:
    everybody = ui.button("Show everybody", on_click=MembersState.clear_all)
    broken = ui.empty_state("filter-x", "This filter cannot be asked", MembersState.filter_problem, everybody)
    return rx.cond(MembersState.filter_problem, broken, _no_match())


def _no_match() -> rx.Component:
    return rx.cond(
        MembersState.filtered,
        ui.empty_state(
            "search-x",
            "No member matches",
            "Try fewer words or another status.",
            ui.button("Show everybody", on_click=MembersState.clear_all),
        ),
        rx.cond(
            SegmentState.segment.id,
            ui.empty_state("users", "Nobody is in it now", "As soon as somebody meets it, they appear here."),
            ui.empty_state(
                "users", "No members yet", "As soon as somebody joins on Whop, they appear here by themselves."
            ),
        ),
    )
