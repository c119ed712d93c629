"""The company and what it offers: accounts, teams, products, plans, codes, places to meet and learn."""

from typing import Any

from whop_crm.sandbox.change import Change
from whop_crm.sandbox.kinds import Doc
from whop_crm.sandbox.moves.base import tell
from whop_crm.sandbox.moves.people import member_for
from whop_crm.sandbox.shapes import community, people, selling


def create_account(change: Change, title: str, route: str, owner_id: str, **fields: Any) -> str:
    """A company and its owner on the team. No event. Returns the account id."""
    owner = change.get("user", owner_id)
    doc = change.add("account", people.account(change.new_id("account"), title, route, owner, change.now, **fields))
    add_team_member(change, doc["id"], owner_id, "owner")
    return doc["id"]


def add_team_member(change: Change, account_id: str, user_id: str, role: str) -> str:
    """Someone joins the team; they are a member with `admin` access. member.created. Returns the team member id."""
    person = change.get("user", user_id)
    doc = people.team_member(change.new_id("team_member"), account_id, role, person, change.now)
    change.add("team_member", doc)
    member, is_new = member_for(change, account_id, person)
    member.update(access_level="admin", _team=True, most_recent_action=member["most_recent_action"] or "joined",
                  most_recent_action_at=member["most_recent_action_at"] or change.now,
                  last_accessed_at=change.now)  # fmt: skip
    change.touch("member", member)
    tell(change, "member", member, "member.created" if is_new else "member.updated")
    return doc["id"]


def invite_team_member(change: Change, account_id: str, email: str, role: str) -> str:
    """A pending invitation. No event. Returns its id (`ausri_`)."""
    doc = people.team_member(
        "ausri_" + change.new_id("team_member")[5:], account_id, role, None, change.now, email=email
    )
    return change.add("team_member", doc)["id"]


def remove_team_member(change: Change, team_member_id: str) -> None:
    """They leave the team and keep only what they bought. member.updated."""
    from whop_crm.sandbox.moves.base import settle_member

    doc = change.get("team_member", team_member_id)
    change.remove("team_member", team_member_id)
    if doc["user"] is not None:
        person = change.get("user", doc["user"]["id"])
        member = change.get("member", person["_members"][doc["account_id"]])
        member["_team"] = False
        settle_member(change, member)


def change_role(change: Change, team_member_id: str, role: str) -> None:
    """Another role on the team. No event."""
    doc = change.get("team_member", team_member_id)
    doc["role"] = role
    change.touch("team_member", doc)


def add_product(change: Change, account_id: str, title: str, route: str, **fields: Any) -> str:
    """product.created. Returns the product id."""
    account = change.get("account", account_id)
    doc = selling.product(change.new_id("product"), account, title, route, change.now, **fields)
    change.add("product", doc)
    tell(change, "product", doc, "product.created")
    return doc["id"]


def add_plan(
    change: Change, product_id: str, title: str, *, price: int, days: int | None, currency: str = "usd", **fields: Any
) -> str:
    """plan.created; `price` in hundredths, `days` the billing period or None for one-time. Returns the plan id."""
    product = change.get("product", product_id)
    doc = selling.plan(
        change.new_id("plan"), product, title, change.now, price=price, currency=currency, days=days, **fields
    )
    change.add("plan", doc)
    tell(change, "plan", doc, "plan.created")
    if product["default_plan"] is None:
        product["default_plan"] = selling.default_plan(doc)
        change.touch("product", product)
        tell(change, "product", product, "product.updated")
    return doc["id"]


def add_promo_code(change: Change, account_id: str, code: str, *, percent: int, duration: str, **fields: Any) -> str:
    """No event. Returns the promo code id."""
    account = change.get("account", account_id)
    doc = selling.promo_code(
        change.new_id("promo_code"), account, code, change.now, percent=percent, duration=duration, **fields
    )
    return change.add("promo_code", doc)["id"]


def add_forum(change: Change, product_id: str, name: str, position: int, who_can_post: str = "everyone") -> str:
    """A forum in an experience of its own. Returns the forum id."""
    of = _experience(change, product_id, name, "Forums")
    return change.add("forum", community.forum(change.new_id("forum"), of, position, who_can_post))["id"]


def add_chat(change: Change, product_id: str, name: str, position: int) -> str:
    """A chat in an experience of its own. Returns the channel id."""
    of = _experience(change, product_id, name, "Chat")
    return change.add("chat_channel", community.chat_channel(change.new_id("chat_channel"), of, position))["id"]


def _experience(change: Change, product_id: str, name: str, app: str) -> Doc:
    product = change.get("product", product_id)
    account = change.get("account", product["account"]["id"])
    doc = community.experience(change.new_id("experience"), account, product, name, change.now, app=app)
    return change.add("experience", doc)


def add_course(change: Change, product_id: str, title: str, position: int, chapters: dict[str, list[str]]) -> str:
    """A course with its chapters and lessons, by title. Returns the course id."""
    of = _experience(change, product_id, title, "Courses")
    course = change.add("course", community.course(change.new_id("course"), of, title, change.now, position))
    for number, (name, lessons) in enumerate(chapters.items(), start=1):
        chapter = change.add(
            "course_chapter", community.course_chapter(change.new_id("course_chapter"), course, name, number)
        )
        for order, lesson_title in enumerate(lessons, start=1):
            lesson = community.course_lesson(
                change.new_id("course_lesson"), chapter, lesson_title, order, change.now,
                lesson_type="quiz" if order == len(lessons) else "video",
            )  # fmt: skip
            change.add("course_lesson", lesson)
            community.hang_lesson(course, chapter, lesson)
    return course["id"]


def update_product(change: Change, product_id: str, **fields: object) -> None:
    """Title, headline, description, visibility … product.updated (and published / unpublished by visibility)."""
    doc = change.get("product", product_id)
    before = doc["visibility"]
    doc.update(fields)
    change.touch("product", doc)
    events = ["product.updated"]
    if doc["visibility"] != before:
        events.append("product.published" if doc["visibility"] == "visible" else "product.unpublished")
    tell(change, "product", doc, *events)


def update_plan(change: Change, plan_id: str, **fields: object) -> None:
    """plan.updated. A new renewal price does not change running memberships."""
    doc = change.get("plan", plan_id)
    doc.update(fields)
    change.touch("plan", doc)
    tell(change, "plan", doc, "plan.updated")
