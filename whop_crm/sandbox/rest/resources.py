"""Which objects are served where, to whom, filtered and sorted by what."""

from collections.abc import Callable
from dataclasses import dataclass, field

from whop_crm.sandbox.kinds import Doc
from whop_crm.sandbox.moves.buying import payment_event
from whop_crm.sandbox.rest.filters import CREATED, Filter, buckets, choice, contains, equals, expired, flag, holding
from whop_crm.sandbox.shapes import community, selling


@dataclass(frozen=True)
class Resource:
    """One kind of object under `/api/v1/<path>`.

    `scopes` are needed to list, `read_scopes` to retrieve; `masks` names the fields that are null without a scope;
    `within` is the parameter that places a list inside something other than an account. `lacks` are fields that list
    items do not have.
    """

    path: str
    kind: str
    scopes: tuple[str, ...] = ()
    read_scopes: tuple[str, ...] | None = None
    account: bool = True
    within: dict[str, str] = field(default_factory=dict)
    filters: dict[str, Filter] = field(default_factory=dict)
    orders: dict[str, str] = field(default_factory=lambda: {"created_at": "created_at"})
    nullable: frozenset[str] = frozenset()
    descending: bool = True
    masks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    lacks: frozenset[str] = frozenset()
    list_item: Callable[[Doc], Doc] | None = None
    detail: Callable[[Doc], Doc] | None = None
    empty_without_scope: bool = False
    also_by: str | None = None


_STATUS = ("open", "authorized", "paid", "pending", "uncollectible", "unresolved", "void")
_REASONS = ("subscription_create", "subscription_cycle", "subscription_update", "one_time", "manual", "subscription")
_DISPUTES = ("needs_response", "warning_needs_response", "under_review", "warning_under_review", "won", "lost",
             "prevented", "warning_closed")  # fmt: skip
_ACTIONS = ("canceling", "churned", "finished_split_pay", "paused", "paid_subscriber", "paid_once", "expiring",
            "joined", "left", "trialing", "pending_entry", "renewing", "past_due")  # fmt: skip
_ROLES = ("owner", "admin", "partner", "sales_manager", "moderator", "advertiser", "app_manager", "support", "manager",
          "workforce", "custom")  # fmt: skip
_VISIBLE = ("visible", "hidden", "archived", "quick_link")
_PLACE = {"position": "position"}

MEMBERS = Resource(
    "members", "member", ("member:basic:read",),
    filters={
        "access_level": choice("access_level", "no_access", "admin", "customer"),
        "status": choice("status", "joined", "left"), "user_ids": equals("user_id"),
        "most_recent_actions": choice("most_recent_action", *_ACTIONS), "membership_status": holding,
        "product_ids": holding, "plan_ids": holding, "promo_code_ids": holding, "query": contains("search"), **CREATED,
    },
    orders={name: name for name in ("created_at", "joined_at", "last_accessed_at", "most_recent_action_at",
                                    "usd_total_spent")},
    nullable=frozenset({"last_accessed_at", "most_recent_action_at"}),
    masks={"member:email:read": ("email",), "member:phone:read": ("phone_number",)},
)  # fmt: skip

MEMBERSHIPS = Resource(
    "memberships", "membership", ("member:basic:read",), empty_without_scope=True,
    filters={
        "user_id": equals("user_id"), "member_id": equals("member_id"), "status": buckets, "statuses": buckets,
        "product_id": equals("product_id"), "product_ids": equals("product_id"), "plan_id": equals("plan_id"),
        "plan_ids": equals("plan_id"), "promo_code_ids": equals("promo_code_id"), **CREATED,
    },
    masks={"member:phone:read": ("phone_number",), "member:manage": ("manage_url",)}, also_by="license_key",
)  # fmt: skip

PRODUCTS = Resource(
    "products", "product", read_scopes=(), lacks=selling.PRODUCT_LIST_LACKS,
    filters={"query": contains("search"), "visibilities": equals("visibility"), **CREATED},
)  # fmt: skip

_PLAN_MASKS = {"plan:basic:read": ("member_count", "internal_notes", "stock")}
_PLAN_ORDERS = {"id": "id", "active_members_count": "member_count", "created_at": "created_at",
                "internal_notes": "internal_notes", "expiration_days": "expiration_days"}  # fmt: skip
_PLAN_FILTERS = {
    "product_ids": equals("product_id"), "plan_types": choice("plan_type", "renewal", "one_time"),
    "visibilities": choice("visibility", *_VISIBLE), "release_methods": choice("release_method", "buy_now", "waitlist"),
    **CREATED,
}  # fmt: skip


def _plans(path: str) -> Resource:
    return Resource(
        path, "plan", ("plan:basic:read",), read_scopes=(), filters=_PLAN_FILTERS, orders=_PLAN_ORDERS,
        nullable=frozenset({"expiration_days", "internal_notes"}), masks=_PLAN_MASKS, lacks=selling.PLAN_LIST_LACKS,
    )  # fmt: skip


PAYMENTS = Resource(
    "payments", "payment", ("payment:basic:read",),
    filters={
        "status": choice("status", *_STATUS), "billing_reason": choice("billing_reason", *_REASONS),
        "currency": equals("currency"), "user_id": equals("user_id"), "member_id": equals("member_id"),
        "membership_id": equals("membership_id"), "product_id": equals("product_id"), "plan_id": equals("plan_id"),
        "query": contains("id", "email"), **CREATED,
    },
    orders={"created_at": "created_at", "paid_at": "paid_at"}, nullable=frozenset({"paid_at"}),
    masks={"member:basic:read": ("member_id", "membership_id"), "member:email:read": ("customer_email",),
           "shipment:basic:read": ("needs_tracking", "shipment_id")},
    detail=payment_event,
)  # fmt: skip

RESOURCES: tuple[Resource, ...] = (
    MEMBERS,
    MEMBERSHIPS,
    PRODUCTS,
    _plans("variants"),
    _plans("plans"),
    PAYMENTS,
    Resource("refunds", "refund", ("payment:basic:read",),
             filters={"payment_id": equals("payment_id"), "user_id": equals("user_id"), **CREATED}),
    Resource("disputes", "dispute", ("payment:dispute:read",),
             filters={"status": choice("status", *_DISPUTES), "currency": equals("currency"), **CREATED},
             orders={"created_at": "created_at", "amount": "amount", "evidence_due_at": "evidence_due_at"},
             nullable=frozenset({"evidence_due_at"})),
    Resource("invoices", "invoice", ("invoice:basic:read",),
             read_scopes=("invoice:basic:read", "member:email:read", "member:basic:read", "payment:basic:read"),
             filters={"product_ids": equals("product_id"), "collection_methods": equals("collection_method"),
                      "statuses": choice("status", "draft", "open", "paid", "past_due", "uncollectible", "void"),
                      **CREATED},
             orders={"created_at": "created_at", "id": "id", "due_date": "due_date"},
             nullable=frozenset({"due_date"}), list_item=selling.invoice_list_item),
    Resource("promo_codes", "promo_code", ("promo_code:basic:read",), lacks=community.PROMO_LIST_LACKS,
             filters={"status": expired, "product_ids": equals("product_id"), **CREATED}),
    Resource("team_members", "team_member", ("company:authorized_user:read",),
             filters={"status": choice("status", "joined", "pending"), "user_id": equals("user_id"),
                      "role": choice("role", *_ROLES), **CREATED},
             masks={"company:authorized_user:email:read": ("email",)}),
    Resource("experiences", "experience", lacks=community.EXPERIENCE_LIST_LACKS,
             filters={"product_id": equals("product_id"), "app_id": equals("app_id"), **CREATED}),
    Resource("forums", "forum", ("forum:read",), filters={"product_id": equals("product_id")}, orders=_PLACE,
             descending=False, also_by="experience_id"),
    Resource("chat_channels", "chat_channel", ("chat:read",), filters={"product_id": equals("product_id")},
             orders=_PLACE, descending=False, also_by="experience_id"),
    Resource("forum_posts", "forum_post", ("forum:read",), account=False, within={"experience_id": "experience_id"},
             filters={"parent_id": equals("parent_id"), "pinned": flag("pinned")}),
    Resource("messages", "message", ("chat:read",), account=False, within={"channel_id": "channel_id"}),
    Resource("courses", "course", ("courses:read",), account=False,
             within={"experience_id": "experience_id", "account_id": "account_id"}, orders=_PLACE, descending=False,
             lacks=community.COURSE_LIST_LACKS),
    Resource("course_chapters", "course_chapter", ("courses:read",), account=False,
             within={"course_id": "course_id"}, orders=_PLACE, descending=False, lacks=community.CHAPTER_LIST_LACKS),
    Resource("course_lessons", "course_lesson", ("courses:read",), account=False,
             within={"course_id": "course_id", "chapter_id": "chapter_id"}, orders=_PLACE, descending=False,
             lacks=community.LESSON_LIST_LACKS),
    Resource("course_lesson_interactions", "lesson_interaction", ("courses:read", "course_analytics:read"),
             account=False, within={"course_id": "course_id", "lesson_id": "lesson_id", "user_id": "user_id"},
             filters={"user_id": equals("user_id"), "completed": flag("completed")},
             lacks=community.INTERACTION_LIST_LACKS),
    Resource("course_students", "course_student", ("courses:read", "course_analytics:read"), account=False,
             within={"course_id": "course_id"}, filters={"keyword": contains("search")},
             lacks=community.STUDENT_LIST_LACKS),
)  # fmt: skip
