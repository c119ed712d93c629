"""What is sold and paid: product, plan (variant), promo code, payment, refund, dispute, invoice."""

from typing import Any

from whop_crm.sandbox.kinds import Doc
from whop_crm.sandbox.shapes.money import formatted, hundredths, money

_PRODUCT_BLANK: Doc = dict.fromkeys(
    ["custom_cta", "custom_cta_url", "custom_statement_descriptor", "default_plan", "description",
     "external_identifier", "global_affiliate_percentage", "global_affiliate_status", "headline",
     "member_affiliate_percentage", "member_affiliate_status", "metadata", "owner_user", "product_tax_code",
     "variant_attributes", "variants"]
)  # fmt: skip

PRODUCT_LIST_LACKS = frozenset(
    ["custom_cta", "custom_cta_url", "custom_statement_descriptor", "global_affiliate_percentage",
     "global_affiliate_status", "marketplace_status", "member_affiliate_percentage", "member_affiliate_status",
     "owner_user", "product_tax_code", "variants"]
)  # fmt: skip
PLAN_LIST_LACKS = frozenset(["collect_tax", "deletable", "effective_payment_method_configuration", "tax_type"])


def product(product_id: str, account: Doc, title: str, route: str, at: str, **fields: Any) -> Doc:
    """What access is sold to."""
    return {
        **_PRODUCT_BLANK,
        "id": product_id, "title": title, "route": route, "visibility": "visible", "member_count": 0,
        "account": {key: account[key] for key in ("id", "title", "route")}, "average_review_rating": 0.0,
        "published_reviews_count": 0, "gallery_images": [], "labels": [], "marketplace_status": "not_available",
        "verified": True, "created_at": at, "updated_at": at, "metadata": {}, **fields,
    }  # fmt: skip


_PLAN_BLANK: Doc = dict.fromkeys(
    ["attributes", "cancel_discount_intervals", "cancel_discount_percentage", "checkout_styling", "deletable",
     "description", "effective_payment_method_configuration", "expiration_days", "image", "internal_notes", "invoice",
     "offer_cancel_discount", "payment_method_configuration", "sku", "split_pay_required_payments", "stock",
     "strike_through_initial_price", "strike_through_renewal_price", "three_ds_level", "trial_period_days"]
)  # fmt: skip


def plan(
    plan_id: str, of: Doc, title: str, at: str, *, price: int, currency: str, days: int | None, **fields: Any
) -> Doc:
    """A variant: `price` in hundredths, `days` the billing period or None for a one-time purchase."""
    renewing = days is not None
    initial = 0 if renewing else price
    due = 0 if fields.get("trial_period_days") else price
    return {
        **_PLAN_BLANK,
        "id": plan_id, "title": title, "plan_type": "renewal" if renewing else "one_time", "billing_period": days,
        "currency": currency, "initial_price": initial / 100, "renewal_price": price / 100 if renewing else 0.0,
        "initial_price_due": money(due, currency), "formatted_price": _price_text(price, currency, days),
        "account": {"id": of["account"]["id"], "title": of["account"]["title"]},
        "product": {"id": of["id"], "title": of["title"]}, "adaptive_pricing_enabled": False, "collect_tax": False,
        "created_at": at, "updated_at": at, "custom_fields": [], "member_count": 0, "metadata": {},
        "purchase_url": f"https://whop.com/checkout/{plan_id}/", "release_method": "buy_now", "tax_type": "unspecified",
        "unlimited_stock": True, "visibility": "visible", "_product": {"id": of["id"], "title": of["title"]},
        **fields,
    }  # fmt: skip


def _price_text(price: int, currency: str, days: int | None) -> str:
    if price == 0:
        return "Free"
    names = {7: " / week", 30: " / month", 90: " / 3 months", 365: " / year"}
    return formatted(price, currency) + ("" if days is None else names.get(days, f" / {days} days"))


def default_plan(doc: Doc) -> Doc:
    """A product's public plan, prices as Money."""
    keys = ("billing_period", "expiration_days", "id", "plan_type", "title", "unlimited_stock", "visibility")
    public = {key: doc[key] for key in keys}
    for price in ("initial_price", "renewal_price"):
        public[price] = money(round(doc[price] * 100), doc["currency"])
    return public


def promo_code(promo_id: str, account: Doc, code: str, at: str, *, percent: int, duration: str, **fields: Any) -> Doc:
    """A discount; `amount_off` of a percentage code is a fraction of 1."""
    return {
        "id": promo_id, "account": {"id": account["id"], "title": account["title"]}, "code": code,
        "promo_type": "percentage", "amount_off": percent / 100, "currency": "usd", "duration": duration,
        "promo_duration_months": None, "status": "active", "stock": 0, "unlimited_stock": True, "uses": 0,
        "expires_at": None, "product": None, "new_users_only": False, "churned_users_only": False,
        "existing_memberships_only": False, "one_per_customer": True, "metadata": {}, "created_at": at,
        "updated_at": at, **fields,
    }  # fmt: skip


_PAYMENT_BLANK: Doc = {
    **dict.fromkeys(
        ["billing_address", "checkout_configuration_id", "client_secret", "customer_phone", "decline_code",
         "dispute_alerted_at", "failure_message", "financing_installments_count", "ip_address",
         "last_payment_attempt_at", "needs_tracking", "next_payment_attempt_at", "paid_at", "payment_instrument",
         "quote_id", "recovery_url", "refunded_at", "risk_score", "risk_signals", "settlement_time_at", "shipment_id",
         "shipping_address", "tax_amount", "tax_behavior", "verification_checks"]
    ),
    "auto_refunded": False, "holds": [], "line_items": [], "metadata": {}, "payment_rule_matches": [],
    "payments_failed": 0, "three_ds_verified": False, "status": "open", "substatus": "pending", "retryable": False,
    "refundable": False, "voidable": False,
}  # fmt: skip


def payment(payment_id: str, buyer: Doc, of: Doc, at: str, *, price: "Price", reason: str, method: str) -> Doc:
    """A charge that has not been tried yet. `of` is the membership it is billed against."""
    currency = price.currency
    total = money(price.total, currency)
    nothing = money(0, currency)
    return {
        **_PAYMENT_BLANK,
        "id": payment_id, "account_id": buyer["account_id"], "user": buyer["user"], "customer_email": buyer["email"],
        "member_id": buyer["id"], "membership_id": of["id"], "plan_id": of["plan_id"], "product_id": of["product_id"],
        "promo_code_id": of["promo_code_id"], "billing_reason": reason, "currency": currency, "total": total,
        "subtotal": money(price.subtotal, currency), "usd_total": money(price.usd_total),
        "amount_after_fees": nothing, "presentment_total": total, "refunded_amount": nothing,
        "tax_refunded_amount": nothing, "created_at": at, "updated_at": at, "payment_method_type": method,
        "payment_method_id": f"payt_{payment_id[4:]}", "_usd_refunded": 0, "_usd_lost": 0,
        **({"tax_amount": money(price.tax, currency), "tax_behavior": price.tax_behavior} if price.tax else {}),
    }  # fmt: skip


class Price:
    """What one charge comes to, in hundredths of `currency`; `usd_total` of dollars."""

    __slots__ = ("currency", "subtotal", "tax", "tax_behavior", "total", "usd_total")

    def __init__(self, subtotal: int, total: int, currency: str, usd_total: int) -> None:
        self.subtotal = subtotal
        self.total = total
        self.currency = currency
        self.usd_total = usd_total
        self.tax = 0
        self.tax_behavior: str | None = None


def refund(refund_id: str, paid: Doc, amount: int, at: str, reason: str | None) -> Doc:
    """A refund in the native shape; `legacy_refund` is what webhooks carry."""
    given = money(amount, paid["currency"])
    return {
        "id": refund_id, "payment_id": paid["id"], "account_id": paid["account_id"], "amount": given,
        "original_amount": given, "status": "succeeded", "reason": reason, "failure_reason": None,
        "failure_message": None, "provider": "multi_psp", "provider_created_at": at, "reference_status": "available",
        "reference_type": "acquirer_reference_number", "reference_value": f"7400{refund_id[3:].upper()}",
        "created_at": at, "updated_at": at, "visa_rdr": False, "metadata": {},
        "_user_id": paid["user"]["id"] if paid["user"] else None,
    }  # fmt: skip


def legacy_refund(doc: Doc, paid: Doc, membership: Doc | None, person: Doc | None) -> Doc:
    """The pre-versioning shape of a refund: floats, and its payment nested."""
    return {
        "id": doc["id"], "amount": hundredths(doc["amount"]) / 100, "currency": paid["currency"],
        "status": doc["status"], "provider": doc["provider"], "provider_created_at": doc["provider_created_at"],
        "reference_status": doc["reference_status"], "reference_type": doc["reference_type"],
        "reference_value": doc["reference_value"], "metadata": {}, "created_at": doc["created_at"],
        "payment": _legacy_payment(paid, membership, person),
    }  # fmt: skip


def _legacy_payment(paid: Doc, membership: Doc | None, person: Doc | None) -> Doc:
    brand, last4 = paid.get("_card") or (None, None)
    user = {**{key: person[key] for key in ("id", "name", "username", "email")}} if person else None
    of = {"id": membership["id"], "status": membership["status"]} if membership else None
    return {
        "id": paid["id"], "total": hundredths(paid["total"]) / 100, "subtotal": hundredths(paid["subtotal"]) / 100,
        "usd_total": hundredths(paid["usd_total"]) / 100, "currency": paid["currency"],
        "tax_amount": hundredths(paid["tax_amount"]) / 100 if paid["tax_amount"] else None,
        "tax_behavior": paid["tax_behavior"], "tax_refunded_amount": hundredths(paid["tax_refunded_amount"]) / 100,
        "billing_reason": paid["billing_reason"], "card_brand": brand, "card_last4": last4,
        "created_at": paid["created_at"], "paid_at": paid["paid_at"], "dispute_alerted_at": None, "metadata": {},
        "payment_method_type": paid["payment_method_type"], "user": user, "membership": of,
        "member": {"id": paid["member_id"], "phone": None} if paid["member_id"] else None,
        "plan": {"id": paid["plan_id"], "metadata": {}}, "product": {"id": paid["product_id"], "metadata": {}},
    }  # fmt: skip


_EVIDENCE: Doc = {
    **dict.fromkeys(
        ["access_activity_log", "billing_address", "cancellation_policy_attachment", "cancellation_policy_disclosure",
         "customer_communication_attachment", "customer_email_address", "customer_name", "notes",
         "product_description", "refund_policy_attachment", "refund_policy_disclosure", "refund_refusal_explanation",
         "service_date", "uncategorized_attachment"]
    ),
    "documents": [],
}  # fmt: skip


def dispute(dispute_id: str, paid: Doc, buyer: Doc, at: str, *, due: str, reason: str, inquiry: bool) -> Doc:
    """A chargeback (or, as an inquiry, the question before one) about a payment."""
    user = buyer["user"] or {}
    brand, last4 = paid.get("_card") or (None, None)
    amount = hundredths(paid["total"]) / 100
    return {
        "id": dispute_id, "account_id": paid["account_id"], "amount": amount, "currency": paid["currency"],
        "status": "warning_needs_response" if inquiry else "needs_response", "reason": reason, "reason_code": "10.4",
        "inquiry": inquiry, "acceptable": not inquiry, "evidence": _EVIDENCE, "evidence_due_at": due,
        "evidence_editable": True, "evidence_locked_reason": None, "evidence_submitted_at": None,
        "fee": None if inquiry else money(1500), "issuer_comments": [], "line_items": [],
        "buyer": {"user_id": user.get("id"), "member_id": buyer["id"], "name": user.get("name"),
                  "username": user.get("username"), "email": buyer["email"]},
        "payment": {"id": paid["id"], "amount": amount, "currency": paid["currency"], "created_at": paid["created_at"],
                    "card_brand": brand, "card_last4": last4, "payment_instrument": None,
                    "payment_method_type": paid["payment_method_type"], "payment_processor": "multi_psp"},
        "plan_id": paid["plan_id"], "product_id": paid["product_id"], "created_at": at, "updated_at": at,
    }  # fmt: skip


def invoice(invoice_id: str, number: str, buyer: Doc, of: Doc, at: str, *, due: str, lines: list[Doc]) -> Doc:
    """A seller-issued invoice in the legacy shape; `of` is the plan it bills."""
    user = buyer["user"]
    price = formatted(round(sum(line["total"] for line in lines) * 100), of["currency"])
    return {
        "id": invoice_id, "number": number, "status": "open", "collection_method": "send_invoice", "due_date": due,
        "created_at": at, "updated_at": at, "company": {"id": buyer["account_id"]}, "product": of["_product"],
        "current_plan": {"id": of["id"], "currency": of["currency"], "description": None,
                         "formatted_price": price},
        "line_items": lines, "customer_name": buyer["display_name"], "email_address": buyer["email"],
        "user": {**{key: user[key] for key in ("id", "name", "username")}, "email": buyer["email"]} if user else None,
        "member": {"id": buyer["id"]}, "payment": None, "payment_processing": False,
        "pay_online_url": f"https://whop.com/checkout/{of['id']}/", "fetch_invoice_token": f"tok_{invoice_id[4:]}",
        "charge_buyer_fee": False, "mailing_address": None, "automatically_finalizes_at": None,
        "subscription_billing_anchor_at": None,
    }  # fmt: skip


_INVOICE_LIST = ("id", "number", "status", "due_date", "created_at", "line_items", "email_address",
                 "payment_processing", "fetch_invoice_token")  # fmt: skip


def invoice_list_item(doc: Doc) -> Doc:
    """Invoices are thinner in a list."""
    item = {key: doc[key] for key in _INVOICE_LIST}
    item["current_plan"] = {key: doc["current_plan"][key] for key in ("id", "currency", "formatted_price")}
    user = doc["user"]
    item["user"] = {key: user[key] for key in ("id", "name", "username")} if user else None
    return item
