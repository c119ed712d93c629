"""Addresses: what they name, and where a sign-in may lead."""

import pytest

from whop_crm import routes


@pytest.mark.parametrize(
    ("path", "company"),
    [
        ("/dashboard/biz_a1", "biz_a1"),
        ("/dashboard/biz_a1/", "biz_a1"),
        ("/dashboard/biz_a1/members/mber_2", "biz_a1"),
        ("/dashboard", None),
        ("/dashboard/", None),
        ("/dashboard/other", None),
        ("/dashboard/biz_a1x/../biz_b", "biz_a1x"),
        ("/dashboard/biz_a'--", None),
        ("/x/dashboard/biz_a1", None),
        ("/dashboard/biz_" + "a" * 65, None),
        ("", None),
    ],
)
def test_the_company_in_an_address(path: str, company: str | None) -> None:
    assert routes.company_in(path) == company


def test_a_pattern_and_its_builder_agree() -> None:
    for pattern, built in (
        (routes.DASHBOARD, routes.dashboard("biz_1")),
        (routes.MEMBERS, routes.members("biz_1")),
        (routes.MEMBER, routes.member("biz_1", "mber_2")),
    ):
        assert pattern.replace("[biz]", "biz_1").replace("[mber]", "mber_2") == built
        assert routes.company_in(built) == "biz_1"


@pytest.mark.parametrize("path", ["/", "/dashboard/biz_1?q=a b".replace(" ", "%20"), "/dashboard/biz_1/members?page=2"])
def test_own_paths(path: str) -> None:
    assert routes.own_path(path) == path


@pytest.mark.parametrize(
    "path",
    [None, "", "dashboard", "//evil.test", "https://evil.test", "/\\evil.test", "\\/evil.test", "/a\tb", "/a b",
     "/auth/login", "/auth/logout", "/" * 3000, "javascript:alert(1)", "/\x00"],
)  # fmt: skip
def test_not_own_paths(path: str | None) -> None:
    assert routes.own_path(path) is None


def test_every_problem_has_a_sentence() -> None:
    assert all(problem.sentence.endswith(".") for problem in routes.SignInProblem)
