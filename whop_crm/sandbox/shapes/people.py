"""People and what they bought: user, member, membership, team member, account."""

from typing import Any

from whop_crm.sandbox.kinds import Doc
from whop_crm.sandbox.shapes.money import money

ORIGIN = "sandbox-origin:/"
"""Stands for the sandbox's own address in stored documents; replaced when served, as its port may change."""


def user(user_id: str, username: str, at: str, *, name: str | None, email: str | None, avatar: bool) -> Doc:
    """A Whop user. `url` of the picture is always there: a plain placeholder when they set none."""
    folder = "avatars" if avatar else "avatars/placeholder"
    return {
        "id": user_id, "username": username, "name": name, "bio": None, "email": email, "created_at": at,
        "profile_picture": {"url": f"{ORIGIN}/{folder}/{user_id}.svg"}, "banner": None, "social_links": [],
        "balance": None, "balance_history": None, "balances": [], "cards": None, "earnings_usd": None, "level": None,
        "total_usd": None, "trading": None, "verification": {}, "whop_partner_enabled_at": None,
        "whop_partner_onboarded_accounts_count": None, "whop_partner_verified_at": None,
        "_members": {}, "_lessons": {}, "_students": {}, "_tax": None, "_card": None, "_phone": None,
    }  # fmt: skip


def user_summary(doc: Doc) -> Doc:
    """UserSummary: no email."""
    return {
        "id": doc["id"],
        "name": doc["name"],
        "username": doc["username"],
        "profile_picture": doc["profile_picture"],
    }


def user_brief(doc: Doc) -> Doc:
    """The user inside community and course objects: id, name, username."""
    return {"id": doc["id"], "name": doc["name"], "username": doc["username"]}


def member(member_id: str, account_id: str, person: Doc | None, at: str, business: str | None = None) -> Doc:
    """A person's (or, without a user, a business buyer's) relationship with one account."""
    display = (person["name"] or person["username"]) if person else business
    return {
        "id": member_id, "account_id": account_id, "user": user_summary(person) if person else None,
        "display_name": display, "email": person["email"] if person else None,
        "phone_number": person["_phone"] if person else None, "access_level": "no_access", "status": "joined",
        "created_at": at, "joined_at": at, "last_accessed_at": None, "most_recent_action": None,
        "most_recent_action_at": None, "usd_total_spent": money(0), "token_balance": 0.0,
        "_memberships": [], "_team": False,
    }  # fmt: skip


def membership(membership_id: str, account: Doc, plan: Doc, buyer: Doc, at: str) -> Doc:
    """A purchase of a plan by a member, before its first charge."""
    renewing = plan["plan_type"] == "renewal"
    price = round(plan["renewal_price"] * 100)
    product = plan["_product"]
    user = buyer["user"]
    return {
        "id": membership_id, "status": "active" if renewing else "completed",
        "account": {key: account[key] for key in ("id", "title", "route", "logo_url")},
        "user_id": user["id"] if user else None, "member_id": buyer["id"], "plan_id": plan["id"],
        "product_id": product["id"], "product": {**product, "logo_url": None}, "promo_code_id": None,
        "affiliate": None, "created_at": at, "updated_at": at, "current_period_start": at,
        "current_period_end": None, "expires_at": None,
        "billing_period_days": plan["billing_period"] if renewing else None, "cancel_at_period_end": False,
        "canceled_at": None, "cancel_option": None, "cancellation_reason": None, "feedback_option": None,
        "collection_method": "charge_automatically" if renewing else None,
        "initial_price": money(round(plan["initial_price"] * 100), plan["currency"]),
        "renewal_price": money(price, plan["currency"]) if renewing else None, "most_recent_action": None,
        "most_recent_action_at": None, "split_pay_current_payments": None, "split_pay_required_payments": None,
        "license_key": None, "manage_url": f"https://whop.com/orders/{membership_id}/manage/", "member": None,
        "phone_number": buyer["phone_number"], "metadata": {},
        "_price": price, "_currency": plan["currency"], "_charges": 0, "_promo": None, "_paused": False,
        "_open_payment": None,
    }  # fmt: skip


def team_member(team_member_id: str, account_id: str, role: str, person: Doc | None, at: str, **fields: Any) -> Doc:
    """Someone who works for the account. `person` is None for a pending invitation by email."""
    return {
        "id": team_member_id, "account_id": account_id, "role": role, "status": "joined" if person else "pending",
        "user": user_summary(person) if person else None, "email": person["email"] if person else None,
        "is_agent": False, "authorized_role": None, "reports_to_id": None, "direct_reports_count": 0,
        "created_at": at, "updated_at": at, **fields,
    }  # fmt: skip


_ACCOUNT_BLANK: Doc = dict.fromkeys(
    ["ads_spend_usd", "banner_image_url", "business_address", "business_name", "business_type", "cancellation_policy",
     "capabilities", "cards", "direct_reports_count", "eula", "financing", "industry_type", "level", "logo_url",
     "onboarding_type", "opengraph_image_url", "opengraph_image_variant", "other_business_description",
     "other_industry_description", "parent_account", "partner", "payment_controls", "privacy_policy",
     "product_tax_code", "recommended_actions", "required_actions", "return_policy", "rewards", "shipping_policy",
     "status_reason", "target_audience", "tax_remitted_by", "tax_type", "terms_of_service", "three_ds_level",
     "total_earned_usd", "total_usd", "trading", "volume_l30d_usd", "volume_usd", "wallet", "website",
     "whop_partner_enabled_at"]
)  # fmt: skip


def account(account_id: str, title: str, route: str, owner: Doc, at: str, **fields: Any) -> Doc:
    """A company that sells on Whop."""
    return {
        **_ACCOUNT_BLANK,
        "id": account_id, "title": title, "route": route, "owner": user_summary(owner), "email": owner["email"],
        "country": "US", "status": "active", "created_at": at, "description": None, "invoice_prefix": route[:4].upper(),
        "balances": [], "can_transfer_pending_balance_to_children": False, "collect_vat_id": False,
        "company_formation": {"documents": None, "ein_registered": None, "legal_name": None, "signatures": None,
                              "state_registered": None, "status": None},
        "dispute_fighter_enabled": False, "economic_intelligence": False, "home_preferences": [], "metadata": {},
        "orchestration_enabled": True, "platform_credits": [], "require_2fa": False, "send_customer_emails": True,
        "show_joined_whops": True, "show_reviews_dtc": True, "show_user_directory": True, "social_links": [],
        "store_page_config": {"accent_color": "blue", "layout": "featured", "profile_variant": "business",
                              "whop_affiliate_link": False},
        "tax_collection_enabled_states": [], "tax_identifiers": [],
        "use_logo_as_opengraph_image_fallback": True, "verification": {}, **fields,
    }  # fmt: skip
