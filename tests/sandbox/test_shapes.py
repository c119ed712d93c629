"""Every answer and every event body is what the SDK's types say: nothing left over, nothing missing."""

import json
import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from whop_sdk import types
from whop_sdk.messages.types.post_chat_message_created_payload_data import PostChatMessageCreatedPayloadData

from tests.support.worlds import ANCHOR, flaws, http_client, new_world
from whop_crm.sandbox import transitions as t
from whop_crm.sandbox.change import Change
from whop_crm.sandbox.store import Store

LISTS: dict[str, tuple[type[BaseModel], type[BaseModel]]] = {
    "members": (types.Member, types.Member),
    "memberships": (types.Membership, types.Membership),
    "products": (types.ProductListItem, types.Product),
    "variants": (types.VariantListItem, types.Variant),
    "plans": (types.PlanListItem, types.Plan),
    "payments": (types.Payment, types.Payment),
    "refunds": (types.Refund, types.Refund),
    "disputes": (types.Dispute, types.Dispute),
    "invoices": (types.InvoiceListItem, types.Invoice),
    "promo_codes": (types.PromoCodeListItem, types.PromoCode),
    "team_members": (types.TeamMember, types.TeamMember),
    "experiences": (types.ExperienceListItem, types.Experience),
    "forums": (types.ForumListItem, types.Forum),
    "chat_channels": (types.ChatChannelListItem, types.ChatChannel),
    "courses": (types.CourseListItem, types.Course),
    "accounts": (types.Account, types.Account),
    "users": (types.User, types.User),
}
INSIDE: dict[str, tuple[type[BaseModel], type[BaseModel], str, str]] = {
    "forum_posts": (types.ForumPostListItem, types.ForumPost, "experience_id", "forum_post"),
    "messages": (types.MessageListItem, types.Message, "channel_id", "message"),
    "course_chapters": (types.CourseChapterListItem, types.CourseChapter, "course_id", "course_chapter"),
    "course_lessons": (types.CourseLessonListItem, types.CourseLesson, "course_id", "course_lesson"),
    "course_lesson_interactions": (
        types.CourseLessonInteractionListItem, types.CourseLessonInteraction, "course_id", "lesson_interaction"),
    "course_students": (types.CourseStudentListItem, types.CourseStudent, "course_id", "course_student"),
}  # fmt: skip
EVENTS: dict[str, type[BaseModel]] = {
    "membership": types.Membership,
    "member": types.Member,
    "payment": types.Payment,
    "refund": types.RefundLegacy,
    "dispute": types.Dispute,
    "invoice": types.Invoice,
    "course_lesson_interaction": types.CourseLessonInteraction,
    "chat": PostChatMessageCreatedPayloadData,
    "product": types.Product,
    "plan": types.Variant,
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = new_world(tmp_path_factory.mktemp("world"), members=400)
    yield store
    store.close()


async def _check(client: Any, path: str, query: dict[str, str], item: type[BaseModel], one: type[BaseModel]) -> int:
    page = (await client.get(path, params={**query, "first": "100"})).json()
    assert flaws(types.PageInfo, page["page_info"]) == []
    for raw in page["data"]:
        assert flaws(item, raw) == []
    for raw in page["data"][:10]:
        assert flaws(one, (await client.get(f"{path}/{raw['id']}")).json()) == []
    return len(page["data"])


@pytest.mark.parametrize("path", LISTS)
async def test_lists_of_an_account_have_the_documented_shape(world: Store, path: str) -> None:
    async with http_client(world) as client:
        query = {"account_id": world.installed_accounts[0]}
        assert await _check(client, f"/{path}", query, *LISTS[path]) > 0


@pytest.mark.parametrize("path", INSIDE)
async def test_lists_inside_something_have_the_documented_shape(world: Store, path: str) -> None:
    item, one, parameter, kind = INSIDE[path]
    rows = world.query(f'SELECT DISTINCT "{parameter}" AS place FROM "{kind}" WHERE account_id = ?',
                       (world.installed_accounts[0],))  # fmt: skip
    async with http_client(world) as client:
        for row in rows:
            assert await _check(client, f"/{path}", {parameter: row["place"]}, item, one) > 0


async def test_access_and_permissions_have_the_documented_shape(world: Store) -> None:
    main = world.installed_accounts[0]
    async with http_client(world) as client:
        person = world.get_meta("people")[0]["user_id"]
        raw = (await client.get(f"/users/{person}/access/{main}")).json()
        assert raw == {"has_access": True, "access_level": "admin"}
        raw = (await client.get("/permissions", params={"resource_id": main})).json()
        assert {"action": "member:basic:read", "granted": True} in raw["data"]
        assert {"action": "member:manage", "granted": False} in raw["data"]


async def test_every_status_of_a_world_is_one_the_sdk_knows(world: Store) -> None:
    models = {"membership": types.Membership, "member": types.Member, "payment": types.Payment,
              "dispute": types.Dispute, "refund": types.Refund, "invoice": types.Invoice}  # fmt: skip
    for kind, model in models.items():
        for row in world.query(f'SELECT doc FROM "{kind}"'):
            assert flaws(model, json.loads(row["doc"])) == []


Step = Callable[[Change, t.Joined], object]


def _steps(store: Store) -> list[Step]:
    """One of everything that makes an event, in an order in which it can happen."""
    account = store.installed_accounts[0]
    plans = {plan["title"]: plan["id"] for plan in store.select("plan", account_id=account, plan_type="renewal")}
    once = store.ids("plan", account_id=account, plan_type="one_time")[0]
    channel = store.ids("chat_channel", account_id=account)[0]
    forum = store.ids("forum", account_id=account)[0]
    lessons = store.ids("course_lesson", account_id=account)[:2]
    made: dict[str, str] = {}

    def keep(name: str, value: str) -> None:
        made[name] = value

    return [
        lambda c, j: t.remind_of_trial_end(c, t.join(c, plans["Monthly, 7 days free"]).membership_id),
        lambda c, j: t.renew(c, j.membership_id),
        lambda c, j: t.fail_payment(c, j.membership_id, decline_code="authentication_required"),
        lambda c, j: t.fail_payment(c, j.membership_id),
        lambda c, j: t.recover_payment(c, j.membership_id),
        lambda c, j: keep("slow", t.start_slow_payment(c, j.membership_id)),
        lambda c, j: t.settle_slow_payment(c, made["slow"]),
        lambda c, j: t.cancel_at_period_end(c, j.membership_id, option="too_expensive", reason="Winter"),
        lambda c, j: t.uncancel(c, j.membership_id),
        lambda c, j: t.pause(c, j.membership_id),
        lambda c, j: t.resume(c, j.membership_id),
        lambda c, j: t.extend(c, j.membership_id, 10),
        lambda c, j: t.refund(c, str(j.payment_id), amount="10.00", reason="duplicate"),
        lambda c, j: t.refund(c, str(j.payment_id)),
        lambda c, j: keep("dispute", t.open_dispute(c, made["slow"])),
        lambda c, j: t.answer_dispute(c, made["dispute"]),
        lambda c, j: t.close_dispute(c, made["dispute"], won=False),
        lambda c, j: keep("invoice", t.create_invoice(c, j.member_id, once, label="Call", amount="300.00")),
        lambda c, j: t.miss_invoice(c, made["invoice"]),
        lambda c, j: t.pay_invoice(c, made["invoice"]),
        lambda c, j: t.void_invoice(c, t.create_invoice(c, j.member_id, once, label="Call", amount="1.00")),
        lambda c, j: t.write_off_invoice(c, t.create_invoice(c, j.member_id, once, label="Call", amount="1.00")),
        lambda c, j: t.comment(c, str(j.user_id), t.post(c, str(j.user_id), forum, "Hello", title="Hi"), "Welcome"),
        lambda c, j: t.chat(c, str(j.user_id), channel, "Morning"),
        lambda c, j: t.start_lesson(c, str(j.user_id), lessons[0]),
        lambda c, j: [t.complete_lesson(c, str(j.user_id), lesson) for lesson in lessons],
        lambda c, j: t.update_user(c, str(j.user_id), name="New Name", email="new@example.com"),
        lambda c, j: t.visit(c, j.member_id),
        lambda c, j: t.switch_plan(c, j.membership_id, plans["Yearly"]),
        lambda c, j: t.update_product(c, store.ids("product", account_id=account)[0], visibility="hidden"),
        lambda c, j: t.update_product(c, store.ids("product", account_id=account)[0], visibility="visible"),
        lambda c, j: t.update_plan(c, once, internal_notes="Sold in autumn"),
        lambda c, j: t.add_plan(c, t.add_product(c, account, "New", "new"), "Weekly", price=900, days=7),
        lambda c, j: t.transfer(c, t.join(c, plans["Weekly"], user_id=j.user_id).membership_id, t.add_user(c)),
        lambda c, j: t.leave(c, j.member_id),
    ]  # fmt: skip


def test_every_event_has_the_documented_shape(tmp_path: Path) -> None:
    store = new_world(tmp_path)
    plan_id = store.ids("plan", account_id=store.installed_accounts[0], plan_type="renewal")[0]
    with store.change(ANCHOR, rng=random.Random(1)) as change:
        joined = t.join(change, plan_id)
    for number, step in enumerate(_steps(store), start=1):
        with store.change(ANCHOR + timedelta(days=number), rng=random.Random(number)) as change:
            step(change, joined)
    events = store.events_after(limit=1000)
    for event in events:
        family = event.type.partition(".")[0]
        assert flaws(EVENTS[family], json.loads(event.object)) == [], event.type
    store.close()
    assert {event.type for event in events} >= {
        "membership.activated", "membership.deactivated", "membership.updated", "membership.trial_ending_soon",
        "membership.cancel_at_period_end_changed", "member.created", "member.updated", "payment.created",
        "payment.succeeded", "payment.failed", "payment.pending", "invoice.created", "invoice.paid",
        "invoice.past_due", "invoice.voided", "invoice.marked_uncollectible", "refund.created", "refund.updated",
        "dispute.created", "dispute.updated", "course_lesson_interaction.completed", "chat.message.created",
        "product.created", "product.updated", "product.published", "product.unpublished", "plan.created",
        "plan.updated",
    }  # fmt: skip


def test_a_wrong_shape_would_be_noticed(world: Store) -> None:
    row = world.query_one("SELECT doc FROM payment LIMIT 1")
    assert row is not None
    raw = json.loads(row["doc"])
    del raw["paid_at"]
    raw["status"] = "succeeded"
    raw["total"]["cents"] = 1
    assert flaws(types.Payment, raw) == [
        "Payment.paid_at is missing",
        "Payment.status is 'succeeded', which the SDK does not list",
        "Payment.total.cents is not declared",
    ]
