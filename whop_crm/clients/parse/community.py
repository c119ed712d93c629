"""What members do: posts, messages, courses. Of texts only an excerpt is kept."""

from datetime import datetime
from typing import Protocol

from whop_sdk.types import (
    CourseLessonInteraction,
    CourseLessonInteractionListItem,
    CourseStudentListItem,
    ForumPostListItem,
)

from whop_crm.clients.facts import ChatFact, CourseProgressFact, LessonFact, PostFact
from whop_crm.clients.parse.clean import count, excerpt, label, moment, moment_or, percent, text


class _Person(Protocol):
    @property
    def id(self) -> str: ...


class WireMessage(Protocol):
    """A message as the list and the webhook have it, under two names."""

    @property
    def id(self) -> str: ...
    @property
    def content(self) -> str | None: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def user(self) -> _Person: ...
    @property
    def message_type(self) -> str: ...


def post(item: ForumPostListItem, version: datetime) -> PostFact:
    return PostFact(
        id=label(item.id),
        user_id=label(item.user.id),
        created_at=moment_or(item.created_at, version),
        parent_id=text(item.parent_id),
        title=text(item.title),
        text=excerpt(item.content),
    )


def chat(item: WireMessage, channel_id: str, version: datetime) -> ChatFact | None:
    """None for what no person wrote: system lines and automated messages."""
    if item.message_type in ("system", "automated"):
        return None
    return ChatFact(
        id=label(item.id),
        user_id=label(item.user.id),
        created_at=moment_or(item.created_at, version),
        channel_id=label(channel_id),
        text=excerpt(item.content),
    )


def course_progress(item: CourseStudentListItem, course_id: str, title: str, version: datetime) -> CourseProgressFact:
    return CourseProgressFact(
        course_id=label(course_id),
        user_id=label(item.user.id),
        version=version,
        course_title=label(title),
        completion=percent(item.completion_rate),
        completed_lessons=count(item.completed_lessons_count),
        total_lessons=count(item.total_lessons_count),
        last_interaction_at=moment(item.last_interaction_at),
    )


def lesson(
    item: CourseLessonInteraction | CourseLessonInteractionListItem, title: str | None, completed_at: datetime
) -> LessonFact | None:
    """None while the lesson is not completed. Whop keeps no time of completion: see who calls for which is taken."""
    if not item.completed:
        return None
    return LessonFact(
        id=label(item.id),
        user_id=label(item.user.id),
        completed_at=completed_at,
        lesson_id=label(item.lesson.id),
        lesson_title=label(item.lesson.title),
        course_title=text(title),
    )
