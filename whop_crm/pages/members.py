"""All members: search, filter, sort, and on to one of them."""

import reflex as rx

from whop_crm import components as ui
from whop_crm import routes
from whop_crm.pages.parts.frame import framed
from whop_crm.pages.parts.looks import status_badge
from whop_crm.services.members import MemberSort
from whop_crm.state.members import MembersState
from whop_crm.state.session import SessionState
from whop_crm.state.views import MemberLine, StatusChip

ON_LOAD = MembersState.load


def page() -> rx.Component:
    return framed(MembersState, _members(busy=MembersState.busy), skeleton=_members(loading=True))


def _members(busy: rx.Var[bool] | bool = False, *, loading: bool = False) -> rx.Component:
    return ui.stack(
        ui.page_header("Members", "Everybody who joined, with what they pay and when they were last here."),
        _filters(),
        rx.cond(
            (MembersState.total == 0) & ~rx.Var.create(loading),
            ui.card(_nobody()),
            ui.card(_table(busy, loading=loading), foot=_foot(), flush=True),
        ),
        gap=4,
    )


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
        gap=3,
        wrap=True,
    )


def _chip(chip: rx.Var[StatusChip]) -> rx.Component:
    return ui.filter_chip(
        chip.label,
        active=MembersState.chosen.contains(chip.value),
        count=chip.count,
        on_click=MembersState.filter_status(chip.value),
        key=chip.value,
    )


def _table(busy: rx.Var[bool] | bool, *, loading: bool) -> rx.Component:
    return ui.data_table(
        [
            ui.Column("Name", _name, sort=MemberSort.NAME),
            ui.Column("Email", _email, sort=MemberSort.EMAIL, hide="md"),
            ui.Column("Status", lambda row: status_badge(row.status), sort=MemberSort.STATUS),
            ui.Column("Plan", lambda row: rx.cond(row.plan, row.plan, _none("–")), sort=MemberSort.PLAN, hide="sm"),
            ui.Column("Net revenue", lambda row: ui.number(row.revenue), sort=MemberSort.REVENUE, align="right"),
            ui.Column("MRR", lambda row: ui.number(row.mrr), sort=MemberSort.MRR, align="right", hide="lg"),
            ui.Column(
                "Joined", lambda row: ui.date(row.joined, class_name="nowrap"), sort=MemberSort.JOINED, hide="sm"
            ),
            ui.Column(
                "Last active",
                lambda row: ui.relative_time(row.last_active, missing="Never", class_name="nowrap"),
                sort=MemberSort.LAST_ACTIVE,
                hide="sm",
            ),
        ],
        MembersState.rows,
        label="Members",
        row_key=lambda row: row.id,
        sort=MembersState.sort,
        descending=MembersState.descending,
        on_sort=lambda key: MembersState.sort_by(key),
        busy=busy,
        loading=loading,
        small_screen="cards",
    )


def _name(row: rx.Var[MemberLine]) -> rx.Component:
    return ui.person(row.photo, row.name, row.handle, to=routes.member(SessionState.company, row.id))


def _email(row: rx.Var[MemberLine]) -> rx.Component:
    return rx.cond(row.email, rx.el.span(row.email, class_name="clip"), _none("No email"))


def _none(text: str) -> rx.Component:
    return rx.el.span(text, class_name="faint")


def _foot() -> rx.Component:
    return ui.table_foot(
        rx.el.span(MembersState.range_text, class_name="muted number", role="status"),
        ui.pagination(MembersState.page, MembersState.pages, href_for=MembersState.page_link, label="Pages of members"),
    )


def _nobody() -> rx.Component:
    return rx.cond(
        MembersState.filtered,
        ui.empty_state(
            "search-x",
            "No member matches",
            "Try fewer words or another status.",
            ui.button("Show everybody", on_click=MembersState.clear_all),
        ),
        ui.empty_state(
            "users",
            "No members yet",
            "As soon as somebody joins on Whop, they appear here by themselves.",
        ),
    )
