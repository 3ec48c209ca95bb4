"""A role for one campaign or one model: found by the address of its page, called by its name, and not given in vain."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts import services
from apps.accounts.models import Grant, Role, User
from apps.campaigns.models import Campaign
from apps.core.errors import Invalid

pytestmark = pytest.mark.requirement("SEC-AUTH-002")
ADD = "/admin/accounts/grant/add/"


@pytest.fixture
def office(acme: Any) -> Client:
    admin = services.create_user("admin@acme.example", password="seven purple bicycles", now=timezone.now())
    services.grant_role(admin, Role.objects.get(code="tenant_admin"), acting_user=None, now=timezone.now())
    client = Client(headers={"host": "acme.localhost"})
    client.force_login(admin)
    return client


@pytest.fixture
def role(acme: Any) -> Role:
    lines = ["models:model:read", "campaigns:campaign:read"]
    return services.create_role("one", name="Of one", permissions=lines, acting_user=None, now=timezone.now())


def test_one_object_is_found_by_its_page_and_called_by_its_name(
    office: Client, role: Role, ada: User, campaign: Campaign
) -> None:
    model = campaign.version.model
    for path in (f"/models/{model.pk}/versions/1/", f"/campaigns/{campaign.pk}/"):
        sent = {"user": str(ada.pk), "role": str(role.pk), "object_id": f"https://acme.example{path}?seen=1"}
        assert office.post(ADD, sent).status_code == 302
    assert {*Grant.objects.filter(role=role).values_list("object_id", flat=True)} == {model.pk, campaign.pk}

    grant = Grant.objects.get(object_id=model.pk)
    shown = ["/admin/accounts/grant/", f"/admin/accounts/grant/{grant.pk}/change/"]
    listed, one, why = (
        office.get(path).content.decode() for path in (*shown, f"/admin/accounts/user/{ada.pk}/permissions/")
    )
    for page in (listed, one, why):
        assert str(model) in page
        assert str(model.pk) not in page
    assert campaign.name in listed


@pytest.mark.parametrize(
    ("object_id", "said"),
    [
        ("my model", "Paste the address of the page of a resilience model or a campaign, or write its id."),
        (str(uuid4()), "There is no such object, or it is out of your sight."),
        ("", "The role Of one is about single objects. Say for which one."),
    ],
    ids=["words", "unknown", "none"],
)
def test_nothing_is_given_in_vain(office: Client, role: Role, ada: User, object_id: str, said: str) -> None:
    page = office.post(ADD, {"user": str(ada.pk), "role": str(role.pk), "object_id": object_id}).content.decode()

    assert said in page
    assert not Grant.objects.filter(role=role).exists()


def test_without_an_object_it_is_not_handed_on_and_can_still_be_denied(office: Client, role: Role, ada: User) -> None:
    owner = User.objects.get(pk=office.session["_auth_user_id"])
    with pytest.raises(Invalid, match="is about single objects"):
        services.delegate_role(ada, role, acting_user=owner, now=timezone.now())

    assert services.grant_role(ada, role, denies=True, acting_user=None, now=timezone.now()).denies
