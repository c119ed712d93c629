"""Numbers that are being worked out anew, on every page that shows some."""

import reflex as rx

from whop_crm import components as ui
from whop_crm.state.views import RecountLine


def recount_bar(line: rx.Var[RecountLine]) -> rx.Component:
    """How far it is; nothing where nothing is being worked out."""
    return rx.cond(line.running, ui.card(ui.progress_bar(line.percent, "Working out the numbers anew", line.detail)))
