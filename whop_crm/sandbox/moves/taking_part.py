"""What members do in the community: posts, comments, chat, lessons."""

from whop_crm.sandbox.change import Change
from whop_crm.sandbox.kinds import Doc
from whop_crm.sandbox.moves.base import tell
from whop_crm.sandbox.moves.people import visit_of
from whop_crm.sandbox.shapes import community as shapes


def post(change: Change, user_id: str, forum_id: str, content: str, *, title: str | None = None) -> str:
    """A forum post. Whop has no event for it (member.updated for the visit it is). Returns the post id."""
    forum = change.get("forum", forum_id)
    person = change.get("user", user_id)
    member = visit_of(change, forum["_account_id"], person)
    doc = shapes.forum_post(
        change.new_id("forum_post"), forum, person, content, change.now, title=title, is_poster_admin=member["_team"]
    )
    return change.add("forum_post", doc)["id"]


def comment(change: Change, user_id: str, post_id: str, content: str) -> str:
    """A comment on a forum post. No event of its own. Returns the post id of the comment."""
    parent = change.get("forum_post", post_id)
    person = change.get("user", user_id)
    member = visit_of(change, parent["_account_id"], person)
    place = {"_account_id": parent["_account_id"], "experience": {"id": parent["_experience_id"]}}
    doc = shapes.forum_post(
        change.new_id("forum_post"), place, person, content, change.now, parent_id=post_id,
        is_poster_admin=member["_team"],
    )  # fmt: skip
    parent["comment_count"] += 1
    change.save("forum_post", parent)
    return change.add("forum_post", doc)["id"]


def chat(change: Change, user_id: str, channel_id: str, content: str, *, replying_to: str | None = None) -> str:
    """chat.message.created, member.updated. Returns the message id."""
    channel = change.get("chat_channel", channel_id)
    person = change.get("user", user_id)
    visit_of(change, channel["_account_id"], person)
    doc = shapes.message(
        change.new_id("message"), channel, person, content, change.now, replying_to_message_id=replying_to
    )
    change.add("message", doc)
    tell(change, "message", doc, "chat.message.created", body=lambda each: shapes.message_event(each, channel))
    return doc["id"]


def _interaction(change: Change, person: Doc, lesson: Doc, course: Doc) -> Doc:
    """The person's progress row of a lesson; made at the first touch, with the student row of the course."""
    if course["id"] not in person["_students"]:
        student = change.add(
            "course_student", shapes.course_student(change.new_id("course_student"), person, course, change.now)
        )
        person["_students"][course["id"]] = student["id"]
    student = change.get("course_student", person["_students"][course["id"]])
    student["last_interaction_at"] = change.now
    change.save("course_student", student)
    found = person["_lessons"].get(lesson["id"])
    if found:
        return change.get("lesson_interaction", found)
    doc = shapes.lesson_interaction(change.new_id("lesson_interaction"), person, lesson, course, change.now)
    person["_lessons"][lesson["id"]] = doc["id"]
    change.save("user", person)
    return change.add("lesson_interaction", doc)


def start_lesson(change: Change, user_id: str, lesson_id: str) -> str:
    """Opens a lesson without finishing it. No event of its own. Returns the interaction id."""
    lesson = change.get("course_lesson", lesson_id)
    person = change.get("user", user_id)
    visit_of(change, lesson["_account_id"], person)
    return _interaction(change, person, lesson, change.get("course", lesson["_course_id"]))["id"]


def complete_lesson(change: Change, user_id: str, lesson_id: str) -> str:
    """course_lesson_interaction.completed, member.updated. Returns the interaction id; done twice changes nothing."""
    lesson = change.get("course_lesson", lesson_id)
    person = change.get("user", user_id)
    visit_of(change, lesson["_account_id"], person)
    course = change.get("course", lesson["_course_id"])
    doc = _interaction(change, person, lesson, course)
    if doc["completed"]:
        return doc["id"]
    doc["completed"] = True
    change.touch("lesson_interaction", doc)
    student = change.get("course_student", person["_students"][course["id"]])
    student["completed_lessons_count"] += 1
    done = min(1.0, student["completed_lessons_count"] / course["total_lessons_count"])
    student["completion_rate"] = round(100 * done, 1)
    change.save("course_student", student)
    tell(change, "lesson_interaction", doc, "course_lesson_interaction.completed")
    return doc["id"]
