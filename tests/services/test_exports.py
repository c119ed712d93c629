"""Members as a CSV file: what stands in it, what cannot be run in it, who may take it out, and who is told."""

import csv
import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlmodel import col

from tests.support import factories
from whop_crm.access import CompanyRef, Role
from whop_crm.db import CompanyDb, company_session
from whop_crm.errors import Forbidden, InvalidInput, NotFound
from whop_crm.filters import BadFilter, Filter
from whop_crm.models import Activity, ListMember, MemberList, Segment
from whop_crm.models.enums import ActivityKind, CustomFieldType, MemberStatus, ShownStatus
from whop_crm.services import custom_fields, exports, members, tags
from whop_crm.services.exports import DEFAULT_COLUMNS, ExportInput, cells
from whop_crm.services.exports.cells import DANGEROUS
from whop_crm.services.exports.naming import file_name
from whop_crm.services.members import MemberListQuery, MemberSort

BY_NAME = MemberListQuery(sort=MemberSort.NAME, descending=False)


@pytest.fixture
async def company(db: None) -> CompanyRef:
    return await factories.company(timezone="America/New_York", currency="eur")


def session(company: CompanyRef, role: Role = Role.ADMIN) -> Any:
    return company_session(factories.scope(company, role))


async def written(db: CompanyDb, wanted: ExportInput) -> bytes:
    export = await exports.begin(db, wanted)
    return b"".join([piece async for piece in await exports.stream(db, export)])


async def rows(db: CompanyDb, *columns: str, **wanted: Any) -> list[list[str]]:
    """The lines of the file as any reader of CSV sees them, the head first."""
    data = await written(db, ExportInput(**{"query": BY_NAME, "columns": columns, **wanted}))
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


async def test_the_usual_columns(company: CompanyRef) -> None:
    async with session(company) as db:
        joined = datetime(2026, 1, 1, 3, tzinfo=UTC)
        zoe = await factories.member(
            db, name='Zoë "Z", Å', email="zoe@x.de", username="zoe", net_revenue_minor=-1250, joined_at=joined
        )
        await factories.member(db, name="aa", email=None, username="aa", status=MemberStatus.PAST_DUE, joined_at=None)
        await factories.member(db, name="nobody", counted=False)
        for name in ("VIP", "early; bird"):
            await tags.add_tag(db, zoe.id, name)
        assert await rows(db) == [
            ["Name", "Email", "Username", "Status", "Net revenue (EUR)", "Joined", "Tags"],
            ["aa", "", "aa", "Past due", "0.00", "", ""],
            ['Zoë "Z", Å', "zoe@x.de", "zoe", "Active", "-12.50", "2025-12-31", "early; bird; VIP"],
        ]


async def test_every_column_can_be_chosen(company: CompanyRef) -> None:
    async with session(company) as db:
        ann = await factories.member(
            db,
            name="Ann",
            canceling=True,
            last_active_at=datetime(2026, 7, 1, 4, 5, tzinfo=UTC),
            course_completion=33.3,
        )
        await factories.member(db, name="Bob", last_active_at=None)
        kinds = {}
        for kind, raw in zip(CustomFieldType, ("-5", "-1.5", "2026-02-03", "Gold", "no"), strict=True):
            kinds[kind] = await custom_fields.create_field(db, f"Own {kind.value}", kind, ["Gold"])
            await custom_fields.set_value(db, ann.id, kinds[kind].id, raw)
        every = [one.key for one in await exports.list_columns(db)]
        head, first, second = await rows(db, *every)
        assert head == [one.label for one in await exports.list_columns(db)]
        found = dict(zip(every, first, strict=True))
        assert {key: found[key] for key in ("status", "last_active", "course_completion", "payments", "mrr")} == {
            "status": "Canceling", "last_active": "2026-07-01 00:05", "course_completion": "33.3", "payments": "0",
            "mrr": "0.00"}  # fmt: skip
        assert [found[f"custom.{one.key}"] for one in kinds.values()] == ["'-5", "-1.5", "2026-02-03", "Gold", "no"]
        assert dict(zip(every, second, strict=True))["last_active"] == ""
        assert set(second[-5:]) == {""}
        for one in kinds.values():
            assert await rows(db, f"custom.{one.key}") == [[one.name], [found[f"custom.{one.key}"]], [""]]
        with pytest.raises(InvalidInput, match="no column “nme”"):
            await rows(db, "nme")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20), max_size=20))
async def test_any_text_comes_out_as_it_is_and_runs_nowhere(company: CompanyRef, texts: list[str]) -> None:
    wild = [*texts, *(letter + "1+1" for letter in DANGEROUS), "  =1", "-", "--", "a=1", '"=1']
    lines = f"SELECT {cells.text('v')} FROM unnest(CAST(:wild AS text[])) WITH ORDINALITY u(v, n) ORDER BY n"
    async with session(company) as db:
        found = "".join(f"{cell},\r\n" for cell in await db.scalars(text(lines), {"wild": wild}))
    cells_read = [row[0] for row in csv.reader(io.StringIO(found, newline=""))]
    assert cells_read == ["'" + one if one.lstrip(" ").startswith(tuple(DANGEROUS)) else one for one in wild]
    assert [next(csv.reader([cells.plain_cell(one)]))[0] for one in ("=1", "a")] == ["'=1", "a"]


async def test_a_list_a_segment_a_static_list_and_a_selection(company: CompanyRef) -> None:
    async with session(company) as db:
        ann = await factories.member(db, name="Ann", payments=3)
        bob = await factories.member(db, name="Bob", status=MemberStatus.CANCELED)
        await factories.member(db, name="Cid", email="cid@rare.org")
        paid = {"field": "payments", "op": "at_least", "value": 1}
        segment = Segment(company_id=company.id, name="Payers / 1", owner_name="O", changed_by="O", shared=True,
                          filter={"version": 1, "where": paid})  # fmt: skip
        chosen = MemberList(company_id=company.id, name="Beta", created_by_name="O")
        db.add_all([segment, chosen])
        await db.flush()
        db.add(ListMember(company_id=company.id, list_id=chosen.id, member_id=bob.id))
        await db.flush()
        assert await rows(db, "name", segment_id=segment.id) == [["Name"], ["Ann"]]
        assert await rows(db, "name", list_id=chosen.id) == [["Name"], ["Bob"]]
        assert await rows(db, "name", members=(bob.whop_id, ann.whop_id, "mber_x")) == [["Name"], ["Ann"], ["Bob"]]
        assert await rows(db, "name", members=()) == [["Name"]]
        assert await rows(db, "name", query=MemberListQuery(search="rare")) == [["Name"], ["Cid"]]
        canceled = MemberListQuery(statuses=(ShownStatus.CANCELED,))
        assert await rows(db, "name", query=canceled) == [["Name"], ["Bob"]]
        query = MemberListQuery(where=Filter.model_validate({"where": {"not": paid}}), sort=MemberSort.NAME)
        assert await rows(db, "name", query=query) == [["Name"], ["Cid"], ["Bob"]]
        export = await exports.begin(db, ExportInput(segment_id=segment.id))
        assert export.file_name == file_name("Payers / 1", datetime.now(company.zone).date())
        assert export.members == 1
        private = Segment(company_id=company.id, name="Mine", owner_id="user_else", owner_name="E", changed_by="E",
                          filter={"version": 1, "where": paid})  # fmt: skip
        db.add(private)
        await db.flush()
        for wrong in ({"segment_id": private.id}, {"segment_id": 10**12}, {"list_id": 10**12}):
            with pytest.raises(NotFound):
                await exports.begin(db, ExportInput(**wrong))
        gone = MemberListQuery(where=Filter.model_validate({"where": {"field": "custom.gone", "op": "is_set"}}))
        with pytest.raises(BadFilter):
            await exports.begin(db, ExportInput(query=gone))
        with pytest.raises(InvalidInput, match="At most 10,000"):
            await exports.begin(db, ExportInput(members=("mber_1",) * 10_001))


async def test_the_order_is_the_lists(company: CompanyRef) -> None:
    async with session(company) as db:
        for n in range(30):
            await factories.member(db, net_revenue_minor=n % 7, email=None if n % 5 == 0 else f"{n % 3}@x.de")
        for sort in MemberSort:
            for descending in (True, False):
                query = MemberListQuery(sort=sort, descending=descending)
                listed = [row.whop_id for row in (await members.list_members(db, query)).rows]
                assert [cell for [cell] in (await rows(db, "whop_id", query=query))[1:]] == listed


async def test_a_large_export_is_written_into_the_log(company: CompanyRef) -> None:
    async with session(company) as db:
        await db.execute(
            text(
                "INSERT INTO members (company_id, whop_id, version, access_level, presence, whop_created_at)"
                " SELECT :company, 'mber_' || n, now(), 'customer', 'joined', now() FROM generate_series(1, 1001) n"
            ),
            {"company": company.id},
        )
        told = select(Activity).where(col(Activity.kind) == ActivityKind.EXPORTED)
        await exports.begin(db, ExportInput(members=tuple(f"mber_{n}" for n in range(1, 1001))))
        assert (await db.scalars(told)).all() == []
        data = await written(db, ExportInput())
        assert data.count(b"\r\n") == 1002
        [entry] = await db.scalars(told)
        assert (entry.title, entry.actor_name, entry.member_id) == ("Exported 1,001 members", "Owner", None)
        assert entry.detail == "From the members: Name, Email, Username, Status, Net revenue (EUR), Joined, Tags"


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.VIEWER])
async def test_reading_is_not_taking_out(company: CompanyRef, role: Role) -> None:
    async with session(company) as db:
        export = await exports.begin(db, ExportInput())
    async with session(company, role) as db:
        assert [one.key for one in await exports.list_columns(db) if one.usual] == list(DEFAULT_COLUMNS)
        with pytest.raises(Forbidden):
            await exports.begin(db, ExportInput())
        with pytest.raises(Forbidden):
            await exports.stream(db, export)


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("members", "members"),
        ("VIPs & friends", "VIPs & friends"),
        ("Zoë", "Zoë"),
        ("../../etc/passwd", "etc passwd"),
        ('a"; filename="x.exe', "a ; filename= x.exe"),
        ("line\r\nSet-Cookie: x", "line Set-Cookie x"),
        ("", "members"),
        ("...", "members"),
        ("CON", "members"),
        ("\u202egnp.exe", "gnp.exe"),
        ("x" * 300, "x" * 80),
    ],
)
def test_names_of_files(subject: str, name: str) -> None:
    assert file_name(subject, date(2026, 11, 23)) == f"{name}-2026-11-23.csv"
