"""The two cookies: the session's, and the one that a sign-in carries to Whop and back."""

import json
import time
from dataclasses import asdict, dataclass

from starlette.responses import Response

from whop_crm.clients.oauth import Attempt
from whop_crm.config import settings
from whop_crm.sealing import Unsealable, seal, unseal
from whop_crm.services import companies

_PURPOSE = "sign-in"
_ATTEMPT_SECONDS = 600
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Journey:
    """A sign-in under way, and where it leads."""

    attempt: Attempt
    next_path: str | None


def set_session(response: Response, cookie: str) -> None:
    _set(response, companies.cookie_name(), cookie, settings().session_days * _DAY)


def frame_cookie(cookie: str) -> str:
    """The `Set-Cookie` of a session inside Whop's frame, where we are a third party; "" has it forgotten."""
    seconds = int(companies.FRAME_LASTS.total_seconds()) if cookie else 0
    return (
        f"{companies.frame_cookie_name()}={cookie}; Max-Age={seconds}; Path=/; HttpOnly; Secure; SameSite=None; "
        "Partitioned"
    )


def clear_session(response: Response) -> None:
    _set(response, companies.cookie_name(), "", 0)


def set_journey(response: Response, journey: Journey) -> None:
    """Kept sealed in the browser for ten minutes, one a sign-in, so that two tabs can sign in at once."""
    kept = {**asdict(journey.attempt), "next": journey.next_path, "until": int(time.time()) + _ATTEMPT_SECONDS}
    sealed = seal(json.dumps(kept).encode(), _PURPOSE).hex()
    _set(response, _journey_name(journey.attempt.state), sealed, _ATTEMPT_SECONDS)


def clear_journey(response: Response, state: str) -> None:
    _set(response, _journey_name(state), "", 0)


def find_journey(cookies: dict[str, str], state: str) -> Journey | None:
    """The sign-in that this `state` belongs to; None: not begun in this browser, or too long ago."""
    try:
        kept = json.loads(unseal(bytes.fromhex(cookies.get(_journey_name(state), "")), _PURPOSE))
    except (Unsealable, ValueError):
        return None
    if kept["state"] != state or kept["until"] < time.time():
        return None
    return Journey(Attempt(kept["state"], kept["nonce"], kept["verifier"]), kept["next"])


def _journey_name(state: str) -> str:
    short = "".join(letter for letter in state[:8] if letter.isalnum() or letter in "-_")
    return f"{companies.cookie_name()}_signin_{short}"


def _set(response: Response, name: str, value: str, seconds: int) -> None:
    response.set_cookie(
        name, value, max_age=seconds, path="/", httponly=True, samesite="lax",
        secure=settings().origin.startswith("https://"),
    )  # fmt: skip
