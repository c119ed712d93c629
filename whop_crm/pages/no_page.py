"""An address that leads nowhere."""

import reflex as rx

from whop_crm import components as ui
from whop_crm import routes


def page() -> rx.Component:
    home = ui.page_load_link("Back to the start", href=routes.OPEN_COMPANY, variant="primary")
    return ui.alone(ui.logo_mark(), ui.not_found("page", home))
