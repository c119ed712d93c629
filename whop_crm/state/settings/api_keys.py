"""The company's API keys in one tab, and the dialog that makes one and shows it this once."""

from typing import Any, ClassVar

import reflex as rx

from whop_crm.access import KeyScope, Permission
from whop_crm.db import Topic
from whop_crm.errors import InvalidInput
from whop_crm.services import api_keys
from whop_crm.state.base import Page, needs, this_company
from whop_crm.state.views import KeyLine, key_line


class KeySettingsState(Page, rx.State):
    watches: ClassVar[frozenset[Topic]] = frozenset({Topic.API_KEYS, Topic.COMPANIES})
    permission: ClassVar[Permission | None] = None
    """Whoever may not see keys is told so: reading them demands the permission."""

    keys: list[KeyLine] = []

    async def _read(self) -> None:
        self.keys = [key_line(row) for row in await self._shared(api_keys.list_keys)]

    @needs(Permission.KEYS_MANAGE)
    async def revoke(self, key_id: int) -> Any:
        async with this_company() as db:
            row = await api_keys.revoke_key(db, key_id)
        return rx.toast.success(f"{row.name} opens nothing any more")


class NewKeyState(rx.State):
    """`secret` is what the dialog shows once; closing it forgets the key here, too."""

    is_open: bool = False
    secret: str = ""
    name_error: str = ""
    scopes_error: str = ""

    @needs(Permission.KEYS_MANAGE)
    async def start(self) -> None:
        self.secret, self.name_error, self.scopes_error, self.is_open = "", "", "", True

    @needs(Permission.KEYS_MANAGE)
    async def opened(self, is_open: bool) -> None:
        self.is_open, self.secret = is_open, ""

    @needs(Permission.KEYS_MANAGE)
    async def make(self, form: dict[str, str]) -> None:
        wanted = [scope for scope in KeyScope if form.get(scope.value)]
        try:
            async with this_company() as db:
                made = await api_keys.make_key(db, form.get("name", ""), wanted)
        except InvalidInput as error:
            self.name_error = str(error) if error.field == "name" else ""
            self.scopes_error = str(error) if error.field != "name" else ""
            return
        self.secret, self.name_error, self.scopes_error = made.secret, "", ""
