"""How the command line talks to the running sandbox."""

import json
from pathlib import Path
from typing import Annotated, Any, NoReturn

import httpx
import typer

from whop_crm.config import settings

_TIMEOUT = 30.0

Url = Annotated[str | None, typer.Option(help="Where the sandbox runs. By default WHOP_BASE_URL, else this machine.")]


def sandbox_folder(data_dir: Path | None = None) -> Path:
    """Where the sandbox keeps its world and its secrets."""
    return (data_dir or settings().data_dir) / "sandbox"


def _address(url: str | None) -> str:
    own = settings()
    if url:
        return url.rstrip("/")
    given = "whop_base_url" in own.model_fields_set
    return own.whop_origin if given else f"http://127.0.0.1:{own.sandbox_port}"


def _api_key() -> str:
    kept = sandbox_folder() / "credentials.json"
    if kept.exists():
        return str(json.loads(kept.read_text(encoding="utf-8"))["api_key"])
    given = settings().whop_api_key
    return given.get_secret_value() if given else ""


def call(method: str, path: str, body: dict[str, Any] | None = None, url: str | None = None) -> Any:
    """Asks the running sandbox. Ends the command with one clear sentence where that is not possible."""
    address = _address(url)
    headers = {"authorization": f"Bearer {_api_key()}"}
    try:
        answer = httpx.request(
            method, f"{address}/sandbox{path}", json=body, headers=headers, timeout=_TIMEOUT, trust_env=False
        )
    except httpx.HTTPError:
        stop(f"No sandbox answers at {address}. Start one with `whop-crm sandbox start`, or `make demo`.")
    if answer.status_code == 401:
        stop(f"The sandbox at {address} has another API key than {sandbox_folder()} holds. Is DATA_DIR right?")
    try:
        found = answer.json()
    except ValueError:
        found = {}
    if answer.is_error:
        stop(_reason(found) or f"{address} does not look like a sandbox.")
    return found


def _reason(found: Any) -> str | None:
    """Why the sandbox refused: a sentence of its own, or what was wrong with what was asked."""
    detail = found.get("detail") if isinstance(found, dict) else None
    if isinstance(detail, list) and detail:
        detail = detail[0].get("msg")
    return detail if isinstance(detail, str) else None


def stop(sentence: str) -> NoReturn:
    """Ends the command with a sentence."""
    typer.secho(sentence, fg=typer.colors.RED, err=True)
    raise typer.Exit(1)
