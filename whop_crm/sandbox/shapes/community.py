"""Where members meet and learn: experience, forum, posts, chat, messages, courses. All in the legacy shapes."""

from typing import Any

from whop_crm.sandbox.kinds import Doc
from whop_crm.sandbox.shapes.people import user_brief


def experience(experience_id: str, account: Doc, product: Doc, name: str, at: str, *, app: str) -> Doc:
    """An app placed into a product: `app` is its name (Forums, Chat, Courses)."""
    return {
        "id": experience_id, "name": name, "is_public": False, "order": "0",
        "app": {"id": f"app_{app.lower():x<14}", "name": app, "icon": None},
        "company": {key: account[key] for key in ("id", "title", "route")}, "created_at": at, "image": None,
        "products": [{key: product[key] for key in ("id", "title", "route")}], "_product_id": product["id"],
    }  # fmt: skip


def _place(of: Doc, position: int) -> Doc:
    """The sandbox's own keys of something that lives in an experience."""
    return {
        "_account_id": of["company"]["id"],
        "_experience_id": of["id"],
        "_product_id": of["_product_id"],
        "_position": position,
    }


def forum(forum_id: str, of: Doc, position: int, who_can_post: str = "everyone") -> Doc:
    """A forum in its experience."""
    return {
        "id": forum_id, "who_can_post": who_can_post, "who_can_comment": "everyone",
        "email_notification_preference": "only_weekly_summary",
        "experience": {"id": of["id"], "name": of["name"], "is_public": False}, **_place(of, position),
    }  # fmt: skip


def forum_post(post_id: str, forum_: Doc, author: Doc, content: str, at: str, **fields: Any) -> Doc:
    """A post, or a comment when `parent_id` is given."""
    return {
        "id": post_id, "title": None, "content": content, "user": user_brief(author), "parent_id": None,
        "comment_count": 0, "like_count": 0, "view_count": 0, "is_pinned": False, "is_edited": False,
        "is_poster_admin": False, "attachments": [], "created_at": at, "updated_at": at,
        "_account_id": forum_["_account_id"], "_experience_id": forum_["experience"]["id"], **fields,
    }  # fmt: skip


def chat_channel(channel_id: str, of: Doc, position: int) -> Doc:
    """A chat in its experience."""
    return {
        "id": channel_id, "ban_media": False, "ban_urls": False, "banned_words": [], "who_can_post": "everyone",
        "who_can_react": "everyone", "user_posts_cooldown_seconds": None,
        "experience": {"id": of["id"], "name": of["name"]}, **_place(of, position),
    }  # fmt: skip


def message(message_id: str, channel: Doc, author: Doc, content: str, at: str, **fields: Any) -> Doc:
    """A chat message."""
    return {
        "id": message_id, "content": content, "user": user_brief(author), "message_type": "regular",
        "created_at": at, "updated_at": at, "is_edited": False, "is_pinned": False, "mentions": [],
        "mentions_everyone": False, "replying_to_message_id": None, "reaction_counts": [], "poll": None,
        "poll_votes": [], "view_count": None, "_account_id": channel["_account_id"], "_channel_id": channel["id"],
        **fields,
    }  # fmt: skip


def message_event(doc: Doc, channel: Doc) -> Doc:
    """The `data` of chat.message.created."""
    return {
        "message": {key: value for key, value in doc.items() if key[0] != "_"},
        "channel": {"id": channel["id"], "type": "chat", "experience_id": channel["experience"]["id"]},
        "audience": {"type": "channel", "user_ids": None},
        "reason": "message_created",
    }


def course(course_id: str, of: Doc, title: str, at: str, position: int) -> Doc:
    """A course without chapters yet; `completed_lessons_count` and the like are about the caller, so empty here."""
    return {
        "id": course_id, "title": title, "tagline": None, "description": None, "visibility": "visible",
        "language": "en", "order": str(position), "chapters": [], "chapters_count": 0, "total_lessons_count": 0,
        "completed_lessons_count": 0, "certificate_after_completion_enabled": False, "cover_image": None,
        "created_at": at, "updated_at": at, "latest_lesson_created_at": at, "lesson_unlock_days": [],
        "require_completing_lessons_in_order": False, "resume_lesson": None, "started_at": None, "thumbnail": None,
        "total_duration_seconds": 0, **_place(of, position),
    }  # fmt: skip


COURSE_LIST_LACKS = frozenset(["chapters"])
CHAPTER_LIST_LACKS = frozenset(["lessons"])
LESSON_LIST_LACKS = frozenset(["assessment_questions", "attachments", "main_pdf", "video_asset"])
INTERACTION_LIST_LACKS = frozenset(["course"])
STUDENT_LIST_LACKS = frozenset(["course"])
EXPERIENCE_LIST_LACKS = frozenset(["products"])
PROMO_LIST_LACKS = frozenset(["account"])


def course_chapter(chapter_id: str, of: Doc, title: str, order: int) -> Doc:
    """A chapter without lessons yet."""
    return {"id": chapter_id, "title": title, "order": order, "lessons": [], "_course_id": of["id"],
            "_account_id": of["_account_id"]}  # fmt: skip


def course_lesson(lesson_id: str, of: Doc, title: str, order: int, at: str, *, lesson_type: str) -> Doc:
    """A lesson of a chapter."""
    return {
        "id": lesson_id, "title": title, "order": order, "lesson_type": lesson_type, "visibility": "visible",
        "created_at": at, "content": None, "days_from_course_start_until_unlock": None, "embed_id": None,
        "embed_type": None, "thumbnail": None, "assessment_questions": [], "attachments": [], "main_pdf": None,
        "video_asset": None, "_course_id": of["_course_id"], "_chapter_id": of["id"],
        "_account_id": of["_account_id"], "_position": of["order"] * 1000 + order,
    }  # fmt: skip


def hang_lesson(course_: Doc, chapter: Doc, lesson: Doc) -> None:
    """Enter a lesson into its chapter and course, as their nested lists show it."""
    if not chapter["lessons"]:
        course_["chapters"].append({"id": chapter["id"], "title": chapter["title"], "order": chapter["order"],
                                    "lessons": []})  # fmt: skip
        course_["chapters_count"] += 1
    brief = {key: lesson[key] for key in ("id", "title", "order")}
    chapter["lessons"].append(brief)
    course_["chapters"][-1]["lessons"].append(
        {**brief, "lesson_type": lesson["lesson_type"], "thumbnail": None, "video_asset": None}
    )
    course_["total_lessons_count"] += 1


def lesson_interaction(interaction_id: str, author: Doc, lesson: Doc, of: Doc, at: str) -> Doc:
    """A person's progress in one lesson, not completed yet."""
    return {
        "id": interaction_id, "completed": False, "created_at": at, "user": user_brief(author),
        "lesson": {"id": lesson["id"], "title": lesson["title"], "chapter": {"id": lesson["_chapter_id"]}},
        "course": {"id": of["id"], "title": of["title"], "experience": {"id": of["_experience_id"]}},
        "_account_id": of["_account_id"],
    }  # fmt: skip


def course_student(student_id: str, author: Doc, of: Doc, at: str) -> Doc:
    """A person's progress in one course."""
    return {
        "id": student_id, "user": user_brief(author), "completion_rate": 0.0, "completed_lessons_count": 0,
        "total_lessons_count": of["total_lessons_count"], "first_interaction_at": at, "last_interaction_at": at,
        "course": {"id": of["id"], "title": of["title"], "experience": {"id": of["_experience_id"]}},
        "_account_id": of["_account_id"],
    }  # fmt: skip
