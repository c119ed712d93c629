"""The permission actions that matter here, by Whop's names."""

READS = (
    "member:basic:read", "member:email:read", "member:phone:read", "company:basic:read", "plan:basic:read",
    "access_pass:basic:read", "payment:basic:read", "payment:dispute:read", "invoice:basic:read",
    "promo_code:basic:read", "forum:read", "chat:read", "courses:read", "course_analytics:read",
    "support_chat:read", "company:authorized_user:read", "company:authorized_user:email:read",
)  # fmt: skip
WEBHOOKS = tuple(
    f"webhook_receive:{family}"
    for family in ("memberships", "members", "payments", "refunds", "disputes", "invoices", "courses", "chat",
                   "products", "plans")
)  # fmt: skip
APP_PERMISSIONS = frozenset((*READS, *WEBHOOKS))
"""What the app is granted in a new world."""
KNOWN = (*READS, *WEBHOOKS, "member:manage", "membership:cancel", "payment:manage", "affiliate:basic:read",
         "lead:basic:read", "stats:read", "notification:create", "shipment:basic:read", "developer:manage_webhook",
         "promo_code:create", "chat:message:create", "forum:post:create", "support_chat:create")  # fmt: skip
"""What `GET /permissions` answers about when no actions are named."""
