"""Who may sign in, who is behind a token, and what they look like to OAuth."""

from collections.abc import Callable, Iterable
from typing import Any

from whop_crm.sandbox.grants import Grants
from whop_crm.sandbox.keys import SandboxCredentials
from whop_crm.sandbox.kinds import Doc
from whop_crm.sandbox.oauth_page import SignInGroup, SignInPerson
from whop_crm.sandbox.store import Caller, Store

CUSTOMERS_SHOWN = 3
_RANKS = ("owner", "admin", "manager", "support", "moderator")
_NO_ACTIONS = {"openid", "profile", "email"}


def sign_in_groups(store: Store) -> list[SignInGroup]:
    """The people of the authorize page: each company's team, some of its customers, and somebody of neither."""
    groups = [_company(store, account) for account in store.select("account")]
    main = store.installed_accounts
    groups.sort(key=lambda pair: main.index(pair[0]) if pair[0] in main else len(main))
    return [*(group for _, group in groups), SignInGroup("Of no company", _strangers(store))]


def _company(store: Store, account: Doc) -> tuple[str, SignInGroup]:
    team = [member for member in store.select("team_member", account_id=account["id"]) if member["user"]]
    team.sort(key=lambda member: _RANKS.index(member["role"]) if member["role"] in _RANKS else len(_RANKS))
    people = [_person(member["user"], member["role"].replace("_", " ").capitalize()) for member in team]
    staff = {person.user_id for person in people}
    customers = store.select("member", limit=40, newest=True, account_id=account["id"], access_level="customer")
    users = [c["user"] for c in customers if c["user"] and c["user"]["id"] not in staff]
    people += [_person(user, "Member") for user in users[:CUSTOMERS_SHOWN]]
    return account["id"], SignInGroup(account["title"], people)


def _person(user: Doc, role: str) -> SignInPerson:
    return SignInPerson(user["id"], user["name"] or user["username"], user["username"], role)


def _strangers(store: Store) -> list[SignInPerson]:
    """Whop users whom the world's history made for this: they have bought nothing here."""
    listed = [each["user_id"] for each in store.get_meta("people", []) if each["role"] == "stranger"]
    return [_person(store.get("user", user_id), "Stranger") for user_id in listed]


def user_finder(store: Store) -> Callable[[str], dict[str, Any] | None]:
    """`find_user` of `SignIn`: the profile behind a user id, or None."""

    def find(user_id: str) -> dict[str, Any] | None:
        user = store.find("user", user_id)
        if user is None:
            return None
        picture = (user["profile_picture"] or {}).get("url")
        return {
            "name": user["name"],
            "username": user["username"],
            "picture": store.with_origin(picture) if picture else None,
            "email": user["email"],
        }

    return find


def token_resolver(
    store: Store, credentials: SandboxCredentials, grants: Grants, clock: Callable[[], float]
) -> Callable[[str], Caller | None]:
    """Who a bearer token speaks for: the app by its API key, or a person by an OAuth access token."""

    def resolve(token: str) -> Caller | None:
        if token == credentials.api_key:
            return Caller("app", "app", frozenset(store.installed_accounts))
        grant = grants.find_access(token, clock())
        if grant is None:
            return None
        accounts = _readable(store, grant.user_id)
        if grant.company_id is not None:
            accounts &= {grant.company_id}
        scopes = frozenset(grant.scopes - _NO_ACTIONS)
        return Caller("user", f"user:{grant.user_id}", accounts, grant.user_id, scopes)

    return resolve


def _readable(store: Store, user_id: str) -> frozenset[str]:
    joined: Iterable[Doc] = store.select("team_member", user_id=user_id, status="joined")
    return frozenset(member["account_id"] for member in joined) & frozenset(store.installed_accounts)
