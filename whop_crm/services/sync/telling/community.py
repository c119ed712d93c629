"""Posts, comments, messages and lessons."""

from whop_crm.clients.facts import ChatFact, LessonFact, PostFact
from whop_crm.models.enums import ActivityKind
from whop_crm.services.activities import Draft
from whop_crm.services.sync.telling.words import detail


def of_post(fact: PostFact) -> Draft:
    if fact.parent_id is not None:
        return _draft(f"post:{fact.id}", ActivityKind.COMMENTED, fact, "Commented", fact.text)
    title = f"Posted “{fact.title}”" if fact.title else "Posted"
    return _draft(f"post:{fact.id}", ActivityKind.POSTED, fact, title, fact.text)


def of_chat(fact: ChatFact) -> Draft:
    return _draft(f"chat:{fact.id}", ActivityKind.CHATTED, fact, "Wrote in the chat", fact.text)


def _draft(source: str, kind: ActivityKind, fact: PostFact | ChatFact, title: str, words: str) -> Draft:
    return Draft(source, kind, fact.created_at, title, detail(words), None, fact.user_id, fact.id)


def of_lesson(fact: LessonFact) -> Draft:
    """Whop keeps no time of completion: the first time anyone tells stays."""
    title = f"Completed “{fact.lesson_title}”" if fact.lesson_title else "Completed a lesson"
    return Draft(
        f"lesson:{fact.id}", ActivityKind.LESSON_COMPLETED, fact.completed_at, title, fact.course_title or "", None,
        fact.user_id, fact.lesson_id, once=True,
    )  # fmt: skip
