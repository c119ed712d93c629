"""Bringing in what a spreadsheet knows of members: the file, what its columns are, what would change, and done."""

import reflex as rx

from whop_crm import components as ui
from whop_crm import routes
from whop_crm.components.theme import Tone
from whop_crm.pages.parts.frame import framed
from whop_crm.services.imports import MOST_BYTES, MOST_LINES
from whop_crm.services.tags import NAME_LIMIT
from whop_crm.state.importing import ImportState as State
from whop_crm.state.session import SessionState
from whop_crm.state.views import ImportColumn, ImportLine

ON_LOAD = State.load
_HINT = (
    f"CSV or tab-separated, at most {MOST_LINES:,} lines and {MOST_BYTES // 1024 // 1024} MB."
    " Nothing is changed before you have seen what would be."
)
_HEAD = "Tags, notes, lists and custom fields from a spreadsheet. Members themselves come from Whop."


def page() -> rx.Component:
    return framed(State, _import(), skeleton=_skeleton())


def _skeleton() -> rx.Component:
    return ui.stack(ui.page_header("Import", _HEAD), ui.card(ui.skeleton_rows(5)), gap=6)


def _import() -> rx.Component:
    one = State.current
    return ui.stack(
        ui.page_header("Import", _HEAD),
        rx.cond(
            one.id,
            rx.fragment(
                rx.cond(one.waiting, _columns()),
                rx.cond(one.planned, _preview(), rx.cond(one.waiting, rx.fragment(), _result())),
                rx.cond(one.waiting, rx.fragment(), _another()),
            ),
            rx.fragment(_bring(), _recent()),
        ),
        gap=6,
    )


def _bring() -> rx.Component:
    file = rx.el.div(
        rx.el.label("File", html_for="import-file", class_name="field__label"),
        rx.el.input(type="file", id="import-file", name="file", accept=".csv,.tsv,.txt,text/csv,text/plain",
                    class_name="input", aria_describedby="import-hint"),
        rx.el.p(
            _HINT,
            id="import-hint", class_name="field__hint",
        ),
        class_name="field",
    )  # fmt: skip
    pasted = rx.el.div(
        rx.el.label("Or paste cells", html_for="import-text", class_name="field__label"),
        rx.el.textarea(name="text", id="import-text", rows="4", class_name="input",
                       placeholder="email\ttags\nann@example.com\tVIP"),
        class_name="field",
    )  # fmt: skip
    form = ui.post_form(
        ui.stack(file, pasted, ui.row(ui.button("Go on", variant="primary", type="submit"), justify="end"), gap=4),
        action=routes.import_file(SessionState.company),
        enc_type="multipart/form-data",
        class_name="measure",
    )
    return ui.card(form, title="Bring in a file")


def _recent() -> rx.Component:
    table = ui.data_table(
        [
            ui.Column("File", lambda row: rx.el.a(row.name, href="?id=" + row.id.to_string(), class_name="link")),
            ui.Column("By", lambda row: row.by, hide="sm"),
            ui.Column("When", lambda row: ui.relative_time(row.at, class_name="nowrap")),
            ui.Column("What became of it", _became),
            ui.Column("Actions", _undo, align="right", spoken_only=True, width="120px"),
        ],
        State.recent,
        label="Imports",
        row_key=lambda row: row.id,
    )
    return rx.cond(State.recent, ui.card(table, title="Lately", flush=True))


def _became(row: rx.Var[ImportLine]) -> rx.Component:
    return rx.el.div(rx.el.div(row.status), rx.cond(row.detail, rx.el.div(row.detail, class_name="muted small")))


def _undo(row: rx.Var[ImportLine]) -> rx.Component:
    question = ui.confirm_dialog(
        ui.button("Undo", size="small", aria_label=rx.Var.create("Undo the import of ") + row.name),
        title=rx.Var.create("Undo the import of “") + row.name + "”?",
        text="What is still as the import left it becomes as it was before. What was changed since stays.",
        confirm="Undo import",
        on_confirm=State.undo(row.id),
    )
    return rx.cond(row.undoable, question)


def _columns() -> rx.Component:
    table = ui.data_table(
        [
            ui.Column("Column", lambda row: rx.el.strong(row.header)),
            ui.Column("In it", lambda row: rx.el.span(row.samples, class_name="muted small clip"), hide="sm"),
            ui.Column("Is", _target, width="260px"),
        ],
        State.columns,
        label="Columns",
        row_key=lambda row: row.field,
    )
    everybody = ui.grid(
        ui.text_field("Tag for everybody in it", "tag", default_value=State.current.tag, max_length=NAME_LIMIT),
        ui.text_field("List for everybody in it", "list", default_value=State.current.list_name, max_length=80),
        least=220,
    )
    form = rx.el.form(
        table,
        rx.el.div(
            ui.stack(
                everybody,
                rx.el.p(State.error, role="alert", class_name="field__error"),
                ui.row(
                    rx.el.span("An empty cell changes nothing.", class_name="muted small grow"),
                    ui.button("Forget this file", on_click=State.discard),
                    ui.button("See what would change", variant="primary", type="submit", loading=State.working),
                    gap=2,
                    wrap=True,
                ),
                gap=4,
            ),
            class_name="card__body",
        ),
        on_submit=State.plan,
        key=State.columns_key,
    )
    title = rx.Var.create("What are the columns of “") + State.current.name + "”?"
    return ui.card(rx.el.p(State.current.understood, class_name="card__body muted"), form, title=title, flush=True)


def _target(row: rx.Var[ImportColumn]) -> rx.Component:
    """Without an id: Reflex would send the field of a row that is gone along with the form."""
    options = rx.foreach(State.targets, lambda one: rx.el.option(one[1], value=one[0]))
    select = rx.el.select(
        options, name=row.field, default_value=row.target, class_name="input",
        aria_label=rx.Var.create("What “") + row.header + "” is",
    )  # fmt: skip
    return rx.el.span(select, class_name="select")


def _preview() -> rx.Component:
    one = State.current
    go = ui.button("Bring in", variant="primary", loading=State.working, on_click=State.apply)
    nothing = rx.el.span("Nothing would change.", class_name="muted")
    return ui.stack(
        ui.card(
            ui.stack(_counts(), rx.cond(one.made, rx.el.p("Will be made: ", one.made, class_name="muted")), gap=4),
            _changes("Would change"),
            title="What would change",
            foot=ui.row(rx.cond(one.changes_anything, go, nothing), justify="end"),
        ),
        _problems("Left out"),
        gap=6,
    )


def _counts() -> rx.Component:
    one = State.current
    return ui.facts(
        ("Lines", ui.number(one.lines)),
        ("Members found", ui.number(one.matched)),
        ("Left out", ui.number(one.left_out)),
    )


def _changes(changed: str) -> rx.Component:
    return ui.data_table(
        [
            ui.Column("What", lambda row: row.what),
            ui.Column(changed, lambda row: ui.number(row.changed), align="right", width="140px"),
            ui.Column("Already so", lambda row: ui.number(row.same), align="right", width="140px"),
        ],
        State.changes,
        label="Changes",
        row_key=lambda row: row.what,
    )


def _problems(title: str) -> rx.Component:
    table = ui.data_table(
        [
            ui.Column("Line", lambda row: ui.number(row.line), align="right", width="90px"),
            ui.Column("Why", lambda row: row.problem),
        ],
        State.problems,
        label="Lines left out",
        row_key=lambda row: row.line,
    )
    all_of_them = rx.el.a("Download all of them", href=State.problems_link, download=True, class_name="link")
    return rx.cond(State.current.any_left_out, ui.card(table, title=title, foot=all_of_them, flush=True))


def _result() -> rx.Component:
    one = State.current
    return ui.stack(
        rx.cond(
            one.undoable,
            ui.notice(one.detail, title="Brought in", tone=Tone.SUCCESS),
            ui.notice(one.detail, title="Undone", tone=Tone.INFO),
        ),
        ui.card(_counts(), _changes("Changed"), title=one.name, actions=_undo(one)),
        _problems("Were left out"),
        gap=6,
    )


def _another() -> rx.Component:
    return ui.row(ui.link("Bring in another file", to=routes.import_members(SessionState.company)))
