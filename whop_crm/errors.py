"""Every error that a caller may see, in one tree.

    CrmError
    ├── NotFound             404  there is no such thing in this company
    ├── SignInNeeded         401  nobody is signed in, or the session has ended
    ├── Forbidden            403  signed in, but this role may not
    ├── InvalidInput         422  what was sent does not make sense; says which field
    ├── Conflict             409  it exists already, or has changed meanwhile
    ├── NotConfigured        503  a setting is missing or wrong
    └── WhopError            502  Whop said no
        ├── WhopUnavailable  503  Whop cannot be reached, or asks to wait
        └── WhopForbidden    502  a permission is missing at Whop

Messages are for the person who reads them: what happened and what to do, never internals.
"""


class CrmError(Exception):
    """The root. `status` is the HTTP status of the API's answer; `str(error)` is fit to be shown."""

    status = 500


class NotFound(CrmError):
    status = 404


class SignInNeeded(CrmError):
    status = 401


class Forbidden(CrmError):
    status = 403


class InvalidInput(CrmError):
    """`field` names the input at fault, where there is one."""

    status = 422

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class Conflict(CrmError):
    status = 409


class NotConfigured(CrmError):
    status = 503


class WhopError(CrmError):
    status = 502


class WhopUnavailable(WhopError):
    """`retry_after` is in seconds, where Whop named it."""

    status = 503

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class WhopForbidden(WhopError):
    """`scopes` are the permission actions that Whop named as missing, such as `member:email:read`."""

    def __init__(self, message: str, scopes: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.scopes = scopes
