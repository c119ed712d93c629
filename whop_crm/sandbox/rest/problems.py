"""Errors as Whop writes them: `{"error": {"type", "message", "code"?, "param"?}}`."""

from starlette.responses import JSONResponse


class ApiError(Exception):
    """Ends a request with a status and Whop's error body."""

    def __init__(
        self, status: int, kind: str, message: str, *, code: str | None = None, param: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.code = code
        self.param = param
        self.headers = headers

    def response(self) -> JSONResponse:
        body = {"type": self.kind, "message": str(self), "code": self.code, "param": self.param}
        error = {key: value for key, value in body.items() if value is not None}
        return JSONResponse({"error": error}, self.status, self.headers)


def invalid(message: str, param: str, code: str = "parameter_invalid") -> ApiError:
    """400 about one parameter."""
    return ApiError(400, "invalid_request_error", message, code=code, param=param)


def missing(param: str) -> ApiError:
    """400: a required parameter is not there."""
    return invalid(f"Missing required parameter: {param}", param, "parameter_missing")


def not_found(what: str) -> ApiError:
    """404."""
    return ApiError(404, "not_found", f"{what} was not found")


def forbidden(message: str) -> ApiError:
    """403."""
    return ApiError(403, "forbidden", message)


def unauthorized() -> ApiError:
    """401."""
    return ApiError(401, "unauthorized", "The API key or access token is missing, invalid or expired")
