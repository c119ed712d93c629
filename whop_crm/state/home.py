"""The start page of one tab, and the page for somebody who may open no company."""

from typing import Any

import reflex as rx

from whop_crm import routes
from whop_crm.state.base import public
from whop_crm.state.session import visit


class HomeState(rx.State):
    problem: str = ""
    """Why the last sign-in did not work, in words."""

    @public
    async def load(self) -> Any:
        """Whoever is signed in goes on to their company; a full page load, since the way there is plain HTTP."""
        reason = self.router.url.query_parameters.get("reason", "")
        self.problem = next((one.sentence for one in routes.SignInProblem if one.value == reason), "")
        if visit() is not None and not self.problem:
            return rx.call_script(f"window.location.replace('{routes.OPEN_COMPANY}')")
        return None
