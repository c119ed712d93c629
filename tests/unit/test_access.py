import pytest

from whop_crm.access import Actor, CompanyRef, Permission, Role, Scope, role_for
from whop_crm.errors import Forbidden

HERE = CompanyRef(1, "biz_1", "One")


@pytest.mark.parametrize(
    ("level", "team_role", "role"),
    [
        ("admin", "owner", Role.ADMIN),
        ("admin", "admin", Role.ADMIN),
        ("admin", "manager", Role.ADMIN),
        ("admin", "support", Role.SUPPORT),
        ("admin", "moderator", Role.SUPPORT),
        ("admin", "advertiser", Role.VIEWER),
        ("admin", "a role Whop adds one day", Role.VIEWER),
        ("admin", None, Role.VIEWER),
        ("customer", "owner", None),
        ("no_access", None, None),
    ],
)
def test_role_for(level: str, team_role: str | None, role: Role | None) -> None:
    assert role_for(level, team_role) is role


@pytest.mark.parametrize(
    ("role", "permission", "allowed"),
    [
        (Role.VIEWER, Permission.MEMBERS_READ, True),
        (Role.VIEWER, Permission.NOTES_WRITE, False),
        (Role.SUPPORT, Permission.NOTES_WRITE, True),
        (Role.SUPPORT, Permission.TAGS_WRITE, False),
        (Role.ADMIN, Permission.TAGS_WRITE, True),
        (Role.ADMIN, Permission.FACTS_WRITE, False),
        (Role.SYSTEM, Permission.FACTS_WRITE, True),
    ],
)
def test_what_a_role_may(role: Role, permission: Permission, allowed: bool) -> None:
    scope = Scope(HERE, Actor("user_1", "Ann"), role)
    assert scope.allows(permission) is allowed
    if allowed:
        scope.require(permission)
    else:
        with pytest.raises(Forbidden, match="does not allow"):
            scope.require(permission)
