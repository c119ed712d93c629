"""The REST API: paging, filters, permissions and errors, by plain HTTP and by the official client."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from whop_sdk.errors import BadRequestError, ForbiddenError, NotFoundError, UnauthorizedError

from tests.support.worlds import ANCHOR, HEADERS, ORIGIN, http_client, new_world, rest_app, whop_client
from whop_crm.sandbox import transitions as t
from whop_crm.sandbox.rest.resources import RESOURCES
from whop_crm.sandbox.store import Store

Page = dict[str, Any]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = new_world(tmp_path_factory.mktemp("rest"), members=150)
    yield store
    store.close()


@pytest.fixture
async def client(world: Store) -> AsyncIterator[httpx.AsyncClient]:
    async with http_client(world) as http:
        yield http


async def walk(client: httpx.AsyncClient, path: str, query: dict[str, Any], size: int, *, back: bool) -> list[Page]:
    """All items of a list, page by page."""
    items: list[Page] = []
    count, position = ("last", "before") if back else ("first", "after")
    query = {**query, count: size}
    while True:
        answer = await client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        info = page["page_info"]
        items = [*page["data"], *items] if back else [*items, *page["data"]]
        assert info["has_previous_page" if back else "has_next_page"] is False or len(page["data"]) == size
        if not info["has_previous_page" if back else "has_next_page"]:
            return items
        query[position] = info["start_cursor" if back else "end_cursor"]


ORDERS = [(resource, order) for resource in RESOURCES if resource.account for order in resource.orders]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    chosen=st.sampled_from(ORDERS), size=st.integers(1, 100), descending=st.booleans(), back=st.booleans(),
)  # fmt: skip
async def test_walking_pages_gives_each_row_once_and_in_order(
    world: Store, chosen: Any, size: int, descending: bool, back: bool
) -> None:
    resource, order = chosen
    main = world.installed_accounts[0]
    size = max(size, world.count(resource.kind, account_id=main) // 25 + 1)
    column = resource.orders[order]
    rows = world.query(
        f'SELECT id FROM "{resource.kind}" WHERE account_id = ?'
        f' ORDER BY "{column}" {"DESC" if descending else "ASC"}, id {"DESC" if descending else "ASC"}',
        (main,),
    )
    query = {"account_id": main, "order": order, "direction": "desc" if descending else "asc"}
    async with http_client(world) as client:
        found = await walk(client, f"/{resource.path}", query, min(size, 100), back=back)
    assert [item["id"] for item in found] == [row["id"] for row in rows]


async def test_a_page_stays_where_it_is_when_others_join(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    main = world.installed_accounts[0]
    async with http_client(world) as client:
        first = (await client.get("/members", params={"account_id": main, "first": 10})).json()
        for _ in range(7):
            with world.change(ANCHOR) as change:
                t.join(change, world.ids("plan", account_id=main)[0])
        cursor = first["page_info"]["end_cursor"]
        rest = await walk(client, "/members", {"account_id": main, "after": cursor}, 100, back=False)
    seen = [item["id"] for item in first["data"] + rest]
    assert len(seen) == len(set(seen)) == world.count("member", account_id=main) - 7
    world.close()


async def test_the_official_client_runs_every_call(world: Store) -> None:
    main = world.installed_accounts[0]
    async with whop_client(world) as whop:
        for name in ("members", "memberships", "products", "variants", "plans", "payments", "refunds", "disputes",
                     "invoices", "forums", "chat_channels", "courses", "promo_codes", "team_members",
                     "experiences"):  # fmt: skip
            endpoint = getattr(whop, name)
            items = [item async for item in await endpoint.list(account_id=main, first=100)]
            expected = world.count({"variants": "plan"}.get(name, name.removesuffix("s")), account_id=main)
            assert len(items) == expected, name
            if items:
                assert (await endpoint.retrieve(items[0].id)).id == items[0].id
        assert [item async for item in await whop.support_channels.list(account_id=main)] == []
        assert [account.id async for account in await whop.accounts.list()][-2:]
        assert (await whop.accounts.retrieve("harbourline")).id == main


async def test_the_official_client_reads_what_lies_inside(world: Store) -> None:
    main = world.installed_accounts[0]
    course = world.ids("course", account_id=main)[0]
    channel = world.select("chat_channel", account_id=main)[0]
    forum = world.select("forum", account_id=main)[0]
    async with whop_client(world) as whop:
        for name, kind, query in (
            ("messages", "message", {"channel_id": channel["id"]}),
            ("forum_posts", None, {"experience_id": forum["experience"]["id"]}),
            ("course_chapters", "course_chapter", {"course_id": course}),
            ("course_lessons", "course_lesson", {"course_id": course}),
            ("course_lesson_interactions", "lesson_interaction", {"course_id": course}),
            ("course_students", "course_student", {"course_id": course}),
        ):
            endpoint = getattr(whop, name)
            items = [item async for item in await endpoint.list(**query, first=100)]
            expected = world.count(kind, **query) if kind else world.count(
                "forum_post", experience_id=query["experience_id"], parent_id=None)  # fmt: skip
            assert len(items) == expected > 0, name
            assert (await endpoint.retrieve(items[0].id)).id == items[0].id
        by_experience = await whop.messages.list(channel_id=channel["experience"]["id"], first=5)
        assert by_experience.items
        talked = next(post for post in world.select("forum_post", parent_id=None) if post["comment_count"])
        comments = await whop.forum_posts.list(
            experience_id=talked["_experience_id"], parent_id=talked["id"], first=100
        )
        assert len(comments.items or []) == talked["comment_count"]


async def test_the_official_client_knows_people_and_rights(world: Store) -> None:
    main, second = world.installed_accounts
    people = {each["role"]: each["user_id"] for each in reversed(world.get_meta("people"))}
    async with whop_client(world) as whop, whop_client(world, "owner") as mine:
        assert (await whop.users.check_access(people["owner"], second)).access_level == "no_access"
        assert (await whop.users.check_access(people["moderator"], main)).access_level == "admin"
        assert (await whop.users.check_access(people["customer"], main)).access_level == "customer"
        assert not (await whop.users.check_access(people["stranger"], main)).has_access
        assert (await whop.users.retrieve(people["owner"])).email is None
        assert (await mine.users.me()).email is not None
        granted = await whop.permissions.list(resource_id=main, actions="member:basic:read,member:manage")
        assert [(each.action, each.granted) for each in granted.data] == [
            ("member:basic:read", True), ("member:manage", False)]  # fmt: skip
        seat = await mine.team_members.list(account_id=main, user_id=people["moderator"])
        assert [item.role for item in seat.items or []] == ["moderator"]
    async with whop_client(world, "account") as account:
        assert (await account.accounts.me()).id == second
        assert len((await account.members.list(first=100)).items or []) == world.count("member", account_id=second)
    async with whop_client(world, "weak") as weak:
        own = await weak.team_members.list(account_id=main, user_id=people["owner"], status="joined")
        assert [item.role for item in own.items or []] == ["owner"]
        with pytest.raises(ForbiddenError):
            await weak.team_members.list(account_id=main)


async def test_errors_are_typed_as_whop_types_them(world: Store) -> None:
    main = world.installed_accounts[0]
    async with whop_client(world) as whop, whop_client(world, "nobody") as nobody:
        with pytest.raises(UnauthorizedError):
            await nobody.members.list(account_id=main)
        with pytest.raises(BadRequestError):
            await whop.members.list()
        with pytest.raises(NotFoundError):
            await whop.members.retrieve("mber_nobody")
        with pytest.raises(NotFoundError):
            await whop.messages.list(channel_id="chat_nowhere")
    async with whop_client(world, "account") as whop:
        with pytest.raises(ForbiddenError):
            await whop.members.list(account_id=main)
        with pytest.raises(ForbiddenError):
            await whop.members.retrieve(world.ids("member", account_id=main)[0])


@pytest.mark.parametrize(
    ("path", "query", "param"),
    [
        ("/members", {}, "account_id"),
        ("/members", {"first": "101"}, "first"),
        ("/members", {"last": "0"}, "last"),
        ("/members", {"after": "nonsense!"}, "after"),
        ("/members", {"order": "name"}, "order"),
        ("/members", {"direction": "up"}, "direction"),
        ("/members", {"status": "gone"}, "status"),
        ("/memberships", {"statuses": "valid"}, "statuses"),
        ("/payments", {"created_after": "yesterday"}, "created_after"),
        ("/payments", {"status": "succeeded"}, "status"),
        ("/forum_posts", {}, "experience_id"),
        ("/permissions", {}, "resource_id"),
    ],
)
async def test_a_wrong_parameter_is_named(client: httpx.AsyncClient, world: Store, path: str, query: Any, param: str
) -> None:  # fmt: skip
    if query:
        query = {"account_id": world.installed_accounts[0], **query}
    answer = await client.get(path, params=query)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["type"], error["param"]) == ("invalid_request_error", param)
    assert error["code"] == ("parameter_missing" if not query else "parameter_invalid")


async def test_a_cursor_belongs_to_its_order(client: httpx.AsyncClient, world: Store) -> None:
    query = {"account_id": world.installed_accounts[0], "first": 2}
    end = (await client.get("/members", params=query)).json()["page_info"]["end_cursor"]
    answer = await client.get("/members", params={**query, "after": end, "order": "usd_total_spent"})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "after")


@pytest.mark.parametrize("version", [None, "2025-01-01", "tomorrow"])
async def test_only_the_pinned_version_is_spoken(world: Store, version: str | None) -> None:
    headers = {"Authorization": HEADERS["Authorization"], **({"Api-Version-Date": version} if version else {})}
    transport = httpx.ASGITransport(rest_app(world))
    async with httpx.AsyncClient(transport=transport, base_url=f"{ORIGIN}/api/v1", headers=headers) as client:
        answer = await client.get("/accounts")
    assert answer.status_code == 400
    assert "2026-10-15-1" in answer.json()["error"]["message"]


async def test_too_many_requests_are_held_back_per_operation(world: Store) -> None:
    main = world.installed_accounts[0]
    async with http_client(world, rate_limit=5) as client:
        codes = [(await client.get("/members", params={"account_id": main})).status_code for _ in range(6)]
        other = await client.get("/payments", params={"account_id": main})
        last = await client.get("/members", params={"account_id": main})
    assert codes == [200] * 5 + [429]
    assert other.status_code == 200
    assert "Try again in" in last.json()["error"]["message"]


async def test_without_a_scope_fields_are_null_and_lists_closed(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    main = world.installed_accounts[0]
    granted = world.app_permissions
    query = {"account_id": main, "first": 100}
    async with http_client(world) as client:
        world.set_app_permissions(granted - {"member:email:read", "member:phone:read"})
        members = (await client.get("/members", params=query)).json()["data"]
        assert {item["email"] for item in members} == {None}
        payments = (await client.get("/payments", params=query)).json()["data"]
        assert {item["customer_email"] for item in payments} == {None}
        assert any(item["member_id"] for item in payments)
        someone = next(user for user in world.select("user") if user["email"] and main in user["_members"])
        by_email = {**query, "query": someone["email"]}
        assert (await client.get("/members", params=by_email)).json()["data"] == []
        world.set_app_permissions(granted)
        assert len((await client.get("/members", params=by_email)).json()["data"]) == 1
        world.set_app_permissions(granted - {"member:basic:read"})
        answer = await client.get("/members", params=query)
        assert answer.status_code == 403
        assert answer.json()["error"]["message"] == "App API key is not authorized for the member:basic:read scope"
        assert (await client.get("/memberships", params=query)).json()["data"] == []
        payments = (await client.get("/payments", params=query)).json()["data"]
        assert {item["membership_id"] for item in payments} == {None}
        rights = (await client.get("/permissions", params={"resource_id": main, "actions": "member:basic:read"})).json()
        assert rights["data"] == [{"action": "member:basic:read", "granted": False}]
    world.close()


async def _ids(client: httpx.AsyncClient, path: str, **query: Any) -> set[str]:
    return {item["id"] for item in await walk(client, path, query, 100, back=False)}


async def test_membership_states_are_whops_buckets(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    main = world.installed_accounts[0]
    plan = world.ids("plan", account_id=main, plan_type="renewal")[0]
    with world.change(ANCHOR) as change:
        leaving, pausing, failing = (t.join(change, plan).membership_id for _ in range(3))
        t.cancel_at_period_end(change, leaving)
        t.pause(change, pausing)
        t.fail_payment(change, failing)
    async with http_client(world) as client:
        every = {
            state: await _ids(client, "/memberships", account_id=main, status=state)
            for state in ("active", "trialing", "past_due", "completed", "canceled", "expired", "canceling", "paused",
                          "one_time", "expiring", "unclaimed", "banned")
        }  # fmt: skip
        whole = await _ids(client, "/memberships", account_id=main)
        both = await _ids(client, "/memberships", account_id=main, statuses=["canceling", "paused"])
    assert leaving in every["canceling"]
    assert leaving not in every["active"]
    assert pausing in every["paused"]
    assert pausing in every["active"]
    assert failing in every["past_due"]
    assert both == every["canceling"] | every["paused"]
    assert every["completed"] == every["one_time"] | every["expiring"]
    assert every["banned"] == set()
    assert len(every["unclaimed"]) == 1
    assert whole == set().union(*(every[name] for name in (
        "active", "trialing", "past_due", "completed", "canceled", "expired", "canceling")))  # fmt: skip
    world.close()


async def test_filters_narrow_lists(client: httpx.AsyncClient, world: Store) -> None:
    main, second = world.installed_accounts
    plan = world.query("SELECT plan_id FROM membership WHERE account_id = ? LIMIT 1", (main,))[0]["plan_id"]
    holders = {row["member_id"] for row in world.query("SELECT member_id FROM membership WHERE plan_id = ?", (plan,))}
    assert await _ids(client, "/members", account_id=main, plan_ids=[plan]) == holders
    active = await _ids(client, "/members", account_id=main, plan_ids=[plan], membership_status="active")
    assert active < holders or active == holders
    payment = world.select("payment", account_id=main, status="paid", limit=1)[0]
    mine = await _ids(client, "/payments", account_id=main, member_id=payment["member_id"], status="paid")
    assert payment["id"] in mine
    assert payment["id"] not in await _ids(client, "/payments", account_id=main, created_after=payment["created_at"])
    assert await _ids(client, "/payments", account_id=second, member_id=payment["member_id"]) == set()
    someone = world.select("member", account_id=main, limit=1)[0]
    part = someone["display_name"][:4].upper()
    assert someone["id"] in await _ids(client, "/members", account_id=main, query=part)
    assert await _ids(client, "/members", account_id=main, query="100%_sure") == set()


async def test_products_without_an_account_are_the_marketplace(client: httpx.AsyncClient) -> None:
    assert (await client.get("/products")).json()["data"] == []


async def test_some_fields_are_there_only_on_the_object_itself(client: httpx.AsyncClient, world: Store) -> None:
    main = world.installed_accounts[0]
    listed = (await client.get("/payments", params={"account_id": main, "status": "paid"})).json()["data"][0]
    one = (await client.get(f"/payments/{listed['id']}")).json()
    assert listed["settlement_time_at"] is None
    assert one["settlement_time_at"] is not None
    assert one | {"settlement_time_at": None} == listed


async def test_people_have_pictures(client: httpx.AsyncClient, world: Store) -> None:
    main = world.installed_accounts[0]
    world.set_meta("origin", ORIGIN)
    members = (await client.get("/members", params={"account_id": main, "first": 100})).json()["data"]
    urls = [item["user"]["profile_picture"]["url"] for item in members if item["user"]]
    assert 0.3 < sum("placeholder" in url for url in urls) / len(urls) < 0.5
    for url in (urls[0], next(url for url in urls if "placeholder" in url)):
        assert url.startswith(ORIGIN)
        picture = await client.get(url)
        assert picture.headers["content-type"].startswith("image/svg+xml")
        assert picture.text.startswith("<svg")


async def test_a_member_of_nothing_here_reads_only_their_own(world: Store) -> None:
    async with whop_client(world, "owner") as mine:
        page = await mine.memberships.list(user_id="me")
        assert page.items == []
