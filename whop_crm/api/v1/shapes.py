"""Shapes that several endpoints share. Times are ISO 8601 in UTC, money is minor units with its currency."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


Time = Annotated[AwareDatetime, AfterValidator(_utc), Field(examples=["2026-11-22T12:00:00Z"])]
BigId = Annotated[int, Field(ge=1, lt=2**63, examples=[42])]


class Shape(BaseModel):
    """An answer. Built from the services' own shapes."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class Input(BaseModel):
    """A request's body. A name that it does not know is an error, not a wish that is passed over."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Money(Shape):
    amount_minor: int = Field(description="In minor units: 2900 is $29.00, and ¥2900.", examples=[2900])
    currency: str = Field(description="ISO 4217 in lower case.", examples=["usd"])


class PageInfo(Shape):
    has_next_page: bool
    end_cursor: str | None = Field(
        description="What to send as `after` for the next page; null at the end.", examples=["WyJhIiwxXQ"]
    )


class FieldProblem(Shape):
    field: str = Field(examples=["body.tags"])
    detail: str = Field(examples=["Input should be a valid list"])


class Problem(Shape):
    """What went wrong and what to do about it (RFC 9457)."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no such member in this company."])
    field: str | None = Field(None, description="The input at fault, where there is one.")
    errors: list[FieldProblem] | None = Field(None, description="Every input at fault, where there are several.")


_PROBLEMS = {
    400: "The request could not be read.",
    401: "No API key and no session, or one that is unknown or was revoked.",
    403: "The key's scopes, or the person's role, do not allow this.",
    404: "There is no such thing in this company.",
    409: "It is there already, or a request with this Idempotency-Key is still being worked on.",
    413: "The request is too large.",
    422: "What was sent does not make sense; `field` or `errors` say where.",
    429: "Too many requests; `Retry-After` says when to go on.",
    500: "Something went wrong here.",
    503: "Not available at the moment; try again later.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors an endpoint documents: these, and those of every endpoint."""
    wanted = sorted({400, 401, 403, 413, 422, 429, 500, *statuses})
    return {status: {"model": Problem, "description": _PROBLEMS[status]} for status in wanted}
