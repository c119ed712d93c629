"""People: new users, their names, their visits, their leaving."""

import json

from whop_crm.sandbox import names
from whop_crm.sandbox.change import Change, dumps
from whop_crm.sandbox.kinds import Doc
from whop_crm.sandbox.moves.base import GRANTING, changed_member, require, settle_member, tell
from whop_crm.sandbox.shapes import people as shapes

_CARDS = ("visa", "visa", "visa", "mastercard", "mastercard", "amex", "discover")
_METHODS = ("card", "card", "card", "card", "apple_pay", "google_pay", "paypal", "sepa_debit")


def add_user(
    change: Change, *, name: str | None = None, username: str | None = None, email: str | None = None,
    avatar: bool | None = None,
) -> str:  # fmt: skip
    """A new Whop user; invented where nothing is given. No event. Returns the user id."""
    rng = change.rng
    invented = names.invent(rng)
    given = name is not None or username is not None
    username = username or (names.username_of(name, rng) if name else invented.username)
    doc = shapes.user(
        change.new_id("user"), username, change.now,
        name=name if given else invented.name,
        email=email or (f"{username}@example.com" if given else invented.email),
        avatar=rng.random() < 0.6 if avatar is None else avatar,
    )  # fmt: skip
    doc["_tax"] = (
        rng.choice(((0.0825, "exclusive"), (0.2, "inclusive"), (0.19, "inclusive"))) if rng.random() < 0.15 else None
    )
    doc["_method"] = rng.choice(_METHODS)
    doc["_card"] = [rng.choice(_CARDS), f"{rng.randrange(10_000):04d}"]
    doc["_phone"] = f"+1555{rng.randrange(10_000_000):07d}" if rng.random() < 0.2 else None
    change.add("user", doc)
    return doc["id"]


def member_for(change: Change, account_id: str, person: Doc) -> tuple[Doc, bool]:
    """The person's member row on the account, and whether it was just made."""
    found = person["_members"].get(account_id)
    if found:
        return change.get("member", found), False
    doc = shapes.member(change.new_id("member"), account_id, person, change.now)
    person["_members"][account_id] = doc["id"]
    change.save("user", person)
    return change.add("member", doc), True


def add_business_member(change: Change, account_id: str, business: str, *, action: str | None = None) -> Doc:
    """A member without a user: a buying business, or an app's technical member."""
    doc = shapes.member(change.new_id("member"), account_id, None, change.now, business)
    doc["most_recent_action"] = action
    doc["most_recent_action_at"] = change.now if action else None
    change.add("member", doc)
    tell(change, "member", doc, "member.created")
    return doc


def update_user(change: Change, user_id: str, *, name: str | None = None, email: str | None = None) -> None:
    """New name or email, everywhere it is shown. member.updated for each company of theirs."""
    person = change.get("user", user_id)
    person["name"] = name if name is not None else person["name"]
    person["email"] = email if email is not None else person["email"]
    change.touch("user", person)
    for member_id in person["_members"].values():
        member = change.get("member", member_id)
        member["user"] = shapes.user_summary(person)
        member["display_name"] = person["name"] or person["username"]
        member["email"] = person["email"]
        changed_member(change, member)
    change.write()
    _rewrite(change, person)


def _rewrite(change: Change, person: Doc) -> None:
    """Stored objects show a person as they are now called, without having changed themselves."""
    connection = change.store.connection
    summary, brief = dumps(shapes.user_summary(person)), dumps(shapes.user_brief(person))
    for kind, user in (("payment", summary), ("team_member", summary), ("forum_post", brief), ("message", brief),
                       ("lesson_interaction", brief), ("course_student", brief)):  # fmt: skip
        connection.execute(
            f"""UPDATE "{kind}" SET doc = json_set(doc, '$.user', json(?)) WHERE user_id = ?""",  # noqa: S608 - kinds are ours
            (user, person["id"]),
        )
    rows = connection.execute("SELECT id, doc FROM account").fetchall()
    for row in rows:
        doc = json.loads(row["doc"])
        if doc["owner"]["id"] == person["id"]:
            doc["owner"] = shapes.user_summary(person)
            connection.execute("UPDATE account SET doc = ? WHERE id = ?", (dumps(doc), row["id"]))


def note_visit(change: Change, member: Doc) -> None:
    """The member was here: `last_accessed_at`, and member.updated."""
    if member["last_accessed_at"] is None or member["last_accessed_at"] < change.now:
        member["last_accessed_at"] = change.now
    changed_member(change, member)


def visit(change: Change, member_id: str) -> None:
    """The member opens the company's content: `last_accessed_at`. member.updated, by assumption."""
    note_visit(change, change.get("member", member_id))


def visit_of(change: Change, account_id: str, person: Doc) -> Doc:
    """A visit by someone who posts, chats or learns. Raises Impossible for people without access."""
    member_id = person["_members"].get(account_id)
    require(member_id is not None, f"{person['id']} is no member of {account_id}")
    member = change.get("member", str(member_id))
    note_visit(change, member)
    return member


def leave(change: Change, member_id: str) -> None:
    """Leaves the company: every membership that still gives access is canceled at once, status becomes `left`."""
    from whop_crm.sandbox.moves.billing import cancel_now

    member = change.get("member", member_id)
    require(member["status"] != "left", f"{member_id} has already left")
    for membership_id in list(member["_memberships"]):
        if change.get("membership", membership_id)["status"] in GRANTING:
            cancel_now(change, membership_id)
    member["status"] = "left"
    settle_member(change, member)
