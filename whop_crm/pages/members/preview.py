"""One member beside the list: who they are, their tags, the last notes."""

import reflex as rx

from whop_crm import components as ui
from whop_crm import routes
from whop_crm.pages.parts.looks import status_badge
from whop_crm.services.tags import NAME_LIMIT
from whop_crm.state.members import PreviewState
from whop_crm.state.session import SessionState
from whop_crm.state.views import NoteLine, TagChip


def panel() -> rx.Component:
    return rx.cond(PreviewState.member.id, rx.el.aside(_panel(), aria_label="Preview", class_name="preview"))


def _panel() -> rx.Component:
    member = PreviewState.member
    profile = routes.member(SessionState.company, member.id)
    return ui.card(
        ui.stack(
            ui.row(
                ui.person(member.photo, member.name, member.handle, size="lg"),
                ui.icon_button("x", "Close the preview", size="small", on_click=PreviewState.show("")),
                justify="between",
            ),
            ui.row(
                status_badge(member.status),
                rx.cond(
                    member.email,
                    ui.copy_button(member.email, "Copy email", text=member.email),
                    rx.el.span("No email", class_name="faint"),
                ),
                gap=3,
                wrap=True,
            ),
            _tags(),
            ui.facts(
                ("Net revenue", ui.number(member.revenue)),
                ("MRR", ui.number(member.mrr)),
                ("Plan", rx.cond(member.plan, member.plan, "–")),
                ("Joined", ui.date(member.joined)),
                ("Last active", ui.relative_time(member.last_active, missing="Never")),
                ("Next charge", ui.date(member.next_charge)),
                as_list=True,
            ),
            rx.foreach(PreviewState.notes, _note),
            rx.cond(PreviewState.more_notes, ui.link("All notes", to=profile)),
            ui.button_link("Open profile", to=profile),
            gap=4,
        )
    )


def _tags() -> rx.Component:
    return ui.tags(rx.foreach(PreviewState.tags, _tag), rx.cond(SessionState.can_tag, _tag_picker()))


def _tag(tag: rx.Var[TagChip]) -> rx.Component:
    return rx.cond(
        SessionState.can_tag,
        ui.tag_pill(tag.name, tag.color, on_remove=PreviewState.remove_tag(tag.id), key=tag.id),
        ui.tag_pill(tag.name, tag.color, key=tag.id),
    )


def _tag_picker() -> rx.Component:
    return ui.combobox_popover(
        ui.button(rx.icon("plus", size=14, aria_hidden=True), "Tag", size="small", aria_label="Add tag in the preview"),
        PreviewState.tag_options,
        label="Tags",
        on_toggle=PreviewState.toggle_tag,
        on_create=PreviewState.create_tag,
        placeholder="Find or create a tag",
        create_label="Create",
        empty_text="No tags yet. Type a name to create one.",
        max_length=NAME_LIMIT,
    )


def _note(note: rx.Var[NoteLine]) -> rx.Component:
    return ui.note_card(note.author, ui.relative_time(note.at), note.html, key=note.id)
