"""What a teammate sees: one module a route, each reads like its screen. `PAGES` is what the composition root adds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import reflex as rx

from whop_crm import routes
from whop_crm.pages import actions, connection, dashboard, home, importing, member, members, no_access, no_page, sync
from whop_crm.pages.segments import all as all_segments
from whop_crm.pages.segments import edit as segment_edit
from whop_crm.pages.segments import one as segment
from whop_crm.pages.settings import api_keys, company, fields, sessions, tags, team


@dataclass(frozen=True)
class PageEntry:
    route: str
    build: Callable[[], rx.Component]
    title: str
    on_load: Any = None


PAGES = (
    PageEntry(routes.HOME, home.page, "Whop CRM", home.ON_LOAD),
    PageEntry(routes.NO_ACCESS, no_access.page, "No company · Whop CRM"),
    PageEntry(routes.NO_PAGE, no_page.page, "No such page · Whop CRM"),
    PageEntry(routes.DASHBOARD, dashboard.page, "Dashboard · Whop CRM", dashboard.ON_LOAD),
    PageEntry(routes.CONNECTION, connection.page, "Connection · Whop CRM", connection.ON_LOAD),
    PageEntry(routes.MEMBERS, members.page, "Members · Whop CRM", members.ON_LOAD),
    PageEntry(routes.MEMBER, member.page, "Member · Whop CRM", member.ON_LOAD),
    PageEntry(routes.SEGMENTS, all_segments.page, "Segments · Whop CRM", all_segments.ON_LOAD),
    PageEntry(routes.SEGMENT, segment.page, "Segment · Whop CRM", segment.ON_LOAD),
    PageEntry(routes.SEGMENT_EDIT, segment_edit.page, "Segment builder · Whop CRM", segment_edit.ON_LOAD),
    PageEntry(routes.ACTIONS, actions.page, "Recent actions · Whop CRM", actions.ON_LOAD),
    PageEntry(routes.IMPORT, importing.page, "Import · Whop CRM", importing.ON_LOAD),
    PageEntry(routes.SYNC, sync.page, "Sync · Whop CRM", sync.ON_LOAD),
    PageEntry(routes.SETTINGS, company.page, "Settings · Whop CRM", company.ON_LOAD),
    PageEntry(routes.SETTINGS_TEAM, team.page, "Team · Whop CRM", team.ON_LOAD),
    PageEntry(routes.SETTINGS_TAGS, tags.page, "Tags · Whop CRM", tags.ON_LOAD),
    PageEntry(routes.SETTINGS_API_KEYS, api_keys.page, "API keys · Whop CRM", api_keys.ON_LOAD),
    PageEntry(routes.SETTINGS_FIELDS, fields.page, "Fields · Whop CRM", fields.ON_LOAD),
    PageEntry(routes.SETTINGS_SESSIONS, sessions.page, "My sessions · Whop CRM", sessions.ON_LOAD),
)
