"""The sync, the company's settings, and whether the app is well."""

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import Field

from whop_crm.access import PauseRule, ScoreWeights
from whop_crm.api import health as fitness
from whop_crm.api.v1.door import Db, Door
from whop_crm.api.v1.shapes import Input, Shape, Time, problems
from whop_crm.db import CompanyDb
from whop_crm.models.enums import RunKind, RunStatus, SyncResource
from whop_crm.services import companies, settings, sync
from whop_crm.services.settings import MOST_WEIGHT, SettingsInput

router = APIRouter(tags=["System"], route_class=Door)
open_router = APIRouter(tags=["System"])
"""What anybody may ask."""


class Health(Shape):
    """Whether the app is fit; docs/operating.md says what each figure means."""

    status: Literal["fit", "unfit"]
    database: Literal["reachable", "unreachable"]
    database_ms: float | None = None
    migrations: Literal["current", "behind"] | None = None
    clock: Literal["ticking", "stopped"] | None = None
    queue_lag_seconds: float | None = None
    sync_lag_seconds: float | None = None
    last_webhook_at: Time | None = None
    last_sync_at: Time | None = None


class ResourceOut(Shape):
    resource: SyncResource
    rows: int
    done: bool
    skipped: str | None = Field(description="Why nothing could be read, in words.")


class RunOut(Shape):
    kind: RunKind
    status: RunStatus
    started_at: Time
    finished_at: Time | None
    fraction: float = Field(description="How far it is, 0 to 1, estimated.")
    words: str = Field(examples=["Reading payments (3,200 so far). Next: refunds."])
    resources: list[ResourceOut]


class SyncStatus(Shape):
    run: RunOut | None = Field(description="The latest run; null before the first.")
    last_finished_at: Time | None
    last_webhook_at: Time | None
    lag_seconds: float | None = Field(description="From door to screen in the last hour, 95 %.")
    waiting: int = Field(description="Webhooks that wait for a worker.")
    failed: int = Field(description="Webhooks that failed.")
    caught_up_to: Time | None
    problem: str | None = Field(description="What is wrong with the webhook at Whop, in words.")


class SyncAsked(Shape):
    status: Literal["asked"] = "asked"


class Weights(Input):
    """How much each part counts in the engagement score."""

    posts: int = Field(ge=0, le=MOST_WEIGHT, examples=[3])
    comments: int = Field(ge=0, le=MOST_WEIGHT, examples=[2])
    courses: int = Field(ge=0, le=MOST_WEIGHT, examples=[2])
    recency: int = Field(ge=0, le=MOST_WEIGHT, examples=[2])


class CompanyOut(Shape):
    id: str = Field(examples=["biz_7Hd2kLm9PqRs01"])
    title: str
    timezone: str = Field(examples=["Europe/Berlin"])
    week_start: int = Field(description="The day a week begins, as ISO counts: 1 Monday, 6 Saturday, 7 Sunday.")
    currency: str = Field(examples=["usd"])
    pause_rule: PauseRule = Field(description="Whether a pause stands apart or counts as churn.")
    score_weights: Weights


class CompanyPatch(Input):
    """What to change; the rest stays."""

    timezone: str | None = Field(None, max_length=64, examples=["Europe/Berlin"])
    week_start: Literal[1, 6, 7] | None = None
    currency: str | None = Field(None, max_length=16, examples=["eur"])
    pause_rule: PauseRule | None = None
    score_weights: Weights | None = None


class CompanyChanged(CompanyOut):
    recounting: bool = Field(description="Whether numbers are worked out anew in the background now.")


@open_router.get("/health", responses={503: {"model": Health, "description": "Unfit; the body says why."}})
async def health(response: Response) -> Health:
    """Whether the app is well. Needs no key."""
    report, fit = await fitness.report()
    response.status_code = 200 if fit else 503
    return Health.model_validate(report)


@router.get("/sync/status", responses=problems())
async def sync_status(db: Db) -> SyncStatus:
    """How the sync with Whop stands."""
    overview, progress = await sync.get_overview(db), await sync.get_progress(db)
    return SyncStatus(
        run=progress and _run(progress),
        last_finished_at=progress and progress.last_finished_at,
        last_webhook_at=overview.last_event_at,
        lag_seconds=overview.lag,
        waiting=overview.waiting,
        failed=overview.failed,
        caught_up_to=overview.caught_up_to,
        problem=overview.hook_problem,
    )


def _run(progress: sync.SyncProgress) -> RunOut:
    return RunOut(
        kind=progress.kind, status=progress.status, started_at=progress.started_at, finished_at=progress.finished_at,
        fraction=progress.fraction, words=progress.words,
        resources=[ResourceOut.model_validate(one) for one in progress.resources],
    )  # fmt: skip


@router.post("/sync/trigger", status_code=202, responses=problems(409))
async def trigger_sync(db: Db) -> SyncAsked:
    """Ask for a full sync. Nothing new begins while one runs."""
    await sync.request_run(db)
    return SyncAsked()


@router.get("/company/settings", responses=problems())
async def get_settings(db: Db) -> CompanyOut:
    """Get the company's settings."""
    return CompanyOut.model_validate(await _settings(db))


@router.patch("/company/settings", responses=problems())
async def change_settings(db: Db, wanted: CompanyPatch) -> CompanyChanged:
    """Change the company's settings. Numbers that depend on them are worked out anew in the background."""
    now = (await settings.get_settings(db)).settings
    weights = wanted.score_weights
    changed = SettingsInput(
        timezone=now.timezone if wanted.timezone is None else wanted.timezone,
        week_start=now.week_start if wanted.week_start is None else wanted.week_start,
        currency=now.currency if wanted.currency is None else wanted.currency,
        pause_rule=now.pause_rule if wanted.pause_rule is None else wanted.pause_rule,
        weights=now.weights if weights is None else ScoreWeights(**weights.model_dump()),
    )
    recounting = await settings.change_settings(db, changed)
    return CompanyChanged(**dict(await _settings(db)), recounting=recounting)


async def _settings(db: CompanyDb) -> CompanyOut:
    company, now = await companies.get_company(db), (await settings.get_settings(db)).settings
    return CompanyOut(
        id=company.whop_id, title=company.title, timezone=now.timezone, week_start=now.week_start,
        currency=now.currency, pause_rule=now.pause_rule,
        score_weights=Weights(
            posts=now.weights.posts, comments=now.weights.comments, courses=now.weights.courses,
            recency=now.weights.recency,
        ),
    )  # fmt: skip
