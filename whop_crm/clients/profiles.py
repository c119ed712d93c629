"""Accounts and people as Whop presents them, read leniently: of sixty fields we use a handful, and the SDK's own models
refuse the whole where any of them is amiss.
"""

from pydantic import BaseModel, ValidationError

from whop_crm.clients.calls import Unreadable
from whop_crm.clients.facts import AccountFact, PersonFact
from whop_crm.clients.parse.clean import label, text


class _Account(BaseModel, from_attributes=True):
    id: str
    title: str
    route: str | None = None
    logo_url: str | None = None


class _Picture(BaseModel, from_attributes=True):
    url: str | None = None


class _Person(BaseModel, from_attributes=True):
    name: str | None = None
    username: str | None = None
    profile_picture: _Picture | None = None


class _Owner(BaseModel, from_attributes=True):
    id: str


class _Experience(BaseModel, from_attributes=True):
    company: _Owner


class _AccountsPage(BaseModel):
    data: list[object]


def accounts(body: object) -> list[AccountFact]:
    """A page of them, as it was sent."""
    return [account(item) for item in _AccountsPage.model_validate(body).data]


def company_of(experience: object) -> str:
    try:
        return label(_Experience.model_validate(experience).company.id)
    except ValidationError:
        raise Unreadable(experience) from None


def account(item: object) -> AccountFact:
    try:
        found = _Account.model_validate(item)
    except ValidationError:
        raise Unreadable(item) from None
    return AccountFact(
        id=label(found.id),
        title=text(found.title) or found.id,
        route=text(found.route),
        logo_url=text(found.logo_url, 2000),
    )


def person(user_id: str, item: object) -> PersonFact:
    try:
        found = _Person.model_validate(item)
    except ValidationError:
        found = _Person()
    username, picture = text(found.username), found.profile_picture
    name = text(found.name) or username or "Somebody"
    return PersonFact(user_id, name, username, text(picture.url, 2000) if picture else None)
