"""One member: who they are, what they hold and pay, what happened, what the team knows."""

import reflex as rx

from whop_crm import components as ui
from whop_crm import routes
from whop_crm.models.enums import ActivityGroup
from whop_crm.pages.parts.frame import framed
from whop_crm.pages.parts.looks import kind_icon, kind_tone, outcome_badge, status_badge
from whop_crm.pages.parts.member_fields import fields_card
from whop_crm.state.member import MemberState
from whop_crm.state.session import SessionState
from whop_crm.state.views import CourseLine, MembershipCard, NoteLine, PaymentLine, TagChip, TimelineLine

ON_LOAD = MemberState.load


def page() -> rx.Component:
    return framed(MemberState, _profile(), skeleton=ui.skeleton_profile(), what="member")


def _profile() -> rx.Component:
    return ui.stack(
        _head(),
        _tags(),
        ui.split(
            ui.stack(_overview(), _memberships(), _payments(), _timeline(), gap=6),
            ui.stack(_notes(), fields_card(), _stats(), _courses(), gap=6),
        ),
        gap=6,
    )


def _head() -> rx.Component:
    member = MemberState.member
    return ui.row(
        ui.avatar(member.photo, member.name, "xl"),
        rx.el.div(
            ui.row(rx.el.h1(member.name), status_badge(member.status), gap=3, wrap=True),
            ui.row(
                rx.cond(member.handle, rx.el.span(member.handle, class_name="muted")),
                rx.cond(
                    member.email,
                    ui.copy_button(member.email, "Copy email", text=member.email),
                    rx.el.span("No email", class_name="faint"),
                ),
                rx.cond(
                    member.whop_url,
                    ui.outside_link(
                        "View on Whop ",
                        rx.icon("external-link", size=14, aria_hidden=True),
                        href=member.whop_url,
                        class_name="link row gap-1 nowrap",
                    ),
                ),
                gap=4,
                wrap=True,
            ),
            class_name="grow",
        ),
        gap=4,
    )


def _tags() -> rx.Component:
    return ui.tags(rx.foreach(MemberState.tags, _tag), _tag_picker())


def _tag(tag: rx.Var[TagChip]) -> rx.Component:
    to = routes.members(SessionState.company) + "?tag=" + tag.id.to_string()
    return rx.cond(
        SessionState.can_tag,
        ui.tag_pill(tag.name, tag.color, to=to, on_remove=MemberState.remove_tag(tag.id), key=tag.id),
        ui.tag_pill(tag.name, tag.color, to=to, key=tag.id),
    )


def _tag_picker() -> rx.Component:
    picker = ui.combobox_popover(
        ui.button(rx.icon("plus", size=14, aria_hidden=True), "Add tag", size="small"),
        MemberState.tag_options,
        label="Tags",
        on_toggle=MemberState.toggle_tag,
        on_create=MemberState.create_tag,
        placeholder="Find or create a tag",
        create_label="Create",
        empty_text="No tags yet. Type a name to create one.",
        max_length=40,
    )
    return rx.cond(SessionState.can_tag, picker)


def _overview() -> rx.Component:
    member = MemberState.member
    return ui.card(
        ui.facts(
            ("Net revenue", ui.number(member.revenue)),
            ("MRR", ui.number(member.mrr)),
            ("Plan", rx.cond(member.plan, member.plan, "–")),
            ("Joined", ui.date(member.joined)),
            ("Last active", ui.relative_time(member.last_active, missing="Never")),
            ("Next charge", ui.date(member.next_charge)),
            ("Payments", ui.number(member.payments)),
            ("Last payment", ui.relative_time(member.last_payment)),
            ("Engagement score", ui.number(member.score)),
        ),
        title="Overview",
    )


def _memberships() -> rx.Component:
    nothing = ui.empty_state("ticket", "No memberships", "This person holds nothing here at the moment.", small=True)
    return ui.card(
        rx.cond(MemberState.memberships, ui.stack(rx.foreach(MemberState.memberships, _membership), gap=4), nothing),
        title="Memberships",
    )


def _membership(one: rx.Var[MembershipCard]) -> rx.Component:
    return rx.el.article(
        ui.row(
            rx.el.h3(one.title, class_name="h4 grow"),
            status_badge(one.status),
            gap=3,
            wrap=True,
        ),
        ui.row(
            rx.el.span(one.plan),
            ui.number(one.price),
            rx.cond(one.promo_code, rx.el.span("Code ", one.promo_code)),
            gap=3,
            wrap=True,
            class_name="muted",
        ),
        ui.row(
            rx.el.span("Started ", ui.date(one.started)),
            rx.cond(one.trial_ends, rx.el.span("Trial ends ", ui.date(one.trial_ends))),
            rx.cond(one.next_charge, rx.el.span("Next charge ", one.next_amount, " on ", ui.date(one.next_charge))),
            rx.cond(one.paused, rx.el.span("Paused ", ui.date(one.paused))),
            rx.cond(one.ends, rx.el.span("Ends ", ui.date(one.ends))),
            rx.cond(one.ended, rx.el.span("Ended ", ui.date(one.ended))),
            gap=3,
            wrap=True,
            class_name="small",
        ),
        rx.cond(one.reason, rx.el.p("Reason: ", one.reason, class_name="muted small")),
        key=one.id,
        class_name="stack gap-1 membership",
    )


def _payments() -> rx.Component:
    table = ui.data_table(
        [
            ui.Column("When", lambda row: ui.date(row.at, class_name="nowrap")),
            ui.Column("For", _payment_for),
            ui.Column("Method", lambda row: rx.el.span(row.method, class_name="muted"), hide="sm"),
            ui.Column("Status", lambda row: outcome_badge(row.outcome)),
            ui.Column("Amount", lambda row: ui.number(row.amount), align="right"),
        ],
        MemberState.payments,
        label="Payments",
        row_key=lambda row: row.id,
    )
    more = rx.cond(
        MemberState.more_payments,
        ui.table_foot(ui.button("Show more payments", size="small", on_click=MemberState.show_more_payments)),
    )
    nothing = ui.empty_state("banknote", "No payments", "Nothing has been charged so far.", small=True)
    return ui.card(rx.cond(MemberState.payments, rx.fragment(table, more), nothing), title="Payments", flush=True)


def _payment_for(row: rx.Var[PaymentLine]) -> rx.Component:
    return rx.el.div(
        rx.el.div(row.what),
        rx.cond(row.note, rx.el.div(row.note, class_name="muted small")),
        rx.cond(row.next_attempt, rx.el.div("Next attempt ", ui.date(row.next_attempt), class_name="muted small")),
    )


def _timeline() -> rx.Component:
    items = rx.fragment(
        ui.timeline(rx.foreach(MemberState.timeline, _event), label="Timeline"),
        ui.load_more(
            MemberState.show_more,
            count=MemberState.timeline.length(),
            has_more=MemberState.more_timeline,
            loading_look=ui.skeleton_rows(2),
        ),
    )
    nothing = ui.empty_state(
        "history", "Nothing here yet", "What this person does on Whop will stand here.", small=True
    )
    return ui.card(
        ui.stack(
            ui.chips(
                "Show", _group_chip("", "Everything"), *(_group_chip(one.value, one.label) for one in ActivityGroup)
            ),
            rx.cond(MemberState.timeline, items, nothing),
            gap=4,
        ),
        title="Timeline",
    )


def _group_chip(value: str, label: str) -> rx.Component:
    return ui.filter_chip(label, active=MemberState.group == value, on_click=MemberState.filter_timeline(value))


def _event(line: rx.Var[TimelineLine]) -> rx.Component:
    return ui.timeline_item(
        kind_icon(line.kind),
        rx.fragment(line.title, rx.cond(line.by, rx.el.span(" by ", line.by, class_name="muted"))),
        ui.relative_time(line.at),
        tone=kind_tone(line.kind),
        detail=line.detail,
        body=rx.cond(line.html, ui.markdown_body(line.html)),
        key=line.key,
    )


def _notes() -> rx.Component:
    field = ui.textarea_field(
        "New note", "body", rows=3, error=MemberState.note_error, placeholder="What should your team remember?"
    )
    write = rx.el.form(
        ui.draft(field, SessionState.user_id + "/" + MemberState.member.id, MemberState.note_version),
        ui.row(
            rx.el.span("Markdown works. Only your team sees it.", class_name="faint small grow"),
            ui.button("Add note", variant="primary", size="small", type="submit"),
            justify="between",
        ),
        on_submit=MemberState.add_note,
        class_name="stack gap-2",
    )
    nothing = rx.el.p("No notes yet.", class_name="muted small")
    return ui.card(
        ui.stack(
            rx.cond(SessionState.can_note, write),
            rx.cond(MemberState.notes, ui.stack(rx.foreach(MemberState.notes, _note), gap=3), nothing),
            gap=4,
        ),
        _edit_dialog(),
        title="Notes",
    )


def _note(note: rx.Var[NoteLine]) -> rx.Component:
    actions = rx.cond(
        note.editable,
        rx.fragment(
            ui.icon_button("pencil", "Edit note", size="small", on_click=MemberState.start_editing(note.id)),
            ui.confirm_dialog(
                ui.icon_button("trash-2", "Delete note", size="small"),
                title="Delete this note?",
                text="It disappears for everybody on your team.",
                confirm="Delete note",
                on_confirm=MemberState.delete_note(note.id),
            ),
        ),
    )
    when = rx.fragment(ui.relative_time(note.at), rx.cond(note.edited, rx.el.span(" · edited")))
    return ui.note_card(note.author, when, note.html, [actions], key=note.id)


def _edit_dialog() -> rx.Component:
    return ui.dialog(
        rx.el.form(
            ui.textarea_field(
                "Note",
                "edited",
                rows=8,
                error=MemberState.edit_error,
                default_value=MemberState.editing_body,
                key=MemberState.editing,
                data_autofocus=True,
            ),
            ui.dialog_actions(
                ui.button("Cancel", data_close=True), ui.button("Save note", variant="primary", type="submit")
            ),
            on_submit=MemberState.save_note,
        ),
        title="Edit note",
        open=MemberState.editing > 0,
        on_open_change=MemberState.editing_changed,
    )


def _stats() -> rx.Component:
    member = MemberState.member
    return ui.card(
        ui.facts(
            ("Forum posts", ui.number(member.posts)),
            ("Comments", ui.number(member.comments)),
            ("Chat messages", ui.number(member.chats)),
            ("Lessons completed", ui.number(member.lessons)),
            ("Failed charges", ui.number(member.failed_payments)),
            ("Refunds", ui.number(member.refunds)),
            ("Disputes", ui.number(member.disputes)),
            as_list=True,
        ),
        title="Stats",
        foot=rx.el.span("Last 30 days: ", member.recent),
    )


def _courses() -> rx.Component:
    return rx.cond(
        MemberState.courses, ui.card(ui.stack(rx.foreach(MemberState.courses, _course), gap=4), title="Courses")
    )


def _course(course: rx.Var[CourseLine]) -> rx.Component:
    return ui.progress_bar(course.percent, course.title, course.detail)
