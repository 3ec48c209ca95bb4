"""Seeing the product as somebody else: what both may see, nothing else, and nothing is changed."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.contrib.sessions.backends.base import SessionBase
from django.test import Client
from django.utils import timezone

from apps.accounts import authz, services
from apps.accounts.models import Grant, Role, User
from apps.accounts.services import viewing
from apps.accounts.services.grants import NotYoursToGive
from apps.accounts.tests.conftest import PASSWORD
from apps.audit.models import AuditEntry

pytestmark = pytest.mark.requirement("SEC-AUTH-002")
MakeUser = Callable[..., User]
ACME = {"host": "acme.localhost"}


@pytest.fixture
def browser(admin: User) -> Client:
    client = Client(headers=ACME)
    client.force_login(admin)
    return client


def _look(browser: Client, person: User) -> Any:
    return browser.post(f"/admin/accounts/user/{person.pk}/view-as/")


@pytest.fixture
def looking(browser: Client, analyst: User) -> Client:
    """An administrator who sees the product as an analyst does."""
    answer = _look(browser, analyst)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    return browser


def _again(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_pages_are_as_the_other_sees_them_and_say_so(looking: Client, analyst: User) -> None:
    page = looking.get("/").content.decode()

    assert f"You see this as {analyst} does, and can change nothing." in page
    assert "/account/view/stop/" in page
    assert 'href="/admin/"' not in page
    assert looking.get("/models/").status_code == 200
    assert looking.get("/admin/").status_code == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "/models/import/"),
        ("post", "/account/"),
        ("post", "/account/security/sessions/end-others/"),
        ("post", "/api/v1/models/"),
        ("delete", "/api/v1/users/me/sessions/{session}/"),
        ("get", "/account/"),
        ("get", "/account/security/"),
        ("get", "/account/security/factors/"),
        ("get", "/api/v1/users/me/"),
        ("get", "/api/v1/models/"),
    ],
)
def test_nothing_is_sent_and_nothing_shown_that_is_theirs_alone(looking: Client, method: str, path: str) -> None:
    answer = getattr(looking, method)(path.format(session=Role().pk))

    assert answer.status_code == 403, path


def test_the_way_back_is_one_click(looking: Client, admin: User, analyst: User) -> None:
    token = looking.cookies["csrftoken"].value if "csrftoken" in looking.cookies else ""
    answer = looking.post("/account/view/stop/")

    assert answer["Location"] == f"/admin/accounts/user/{analyst.pk}/permissions/"
    assert looking.get("/admin/").status_code == 200
    assert not token or looking.cookies["csrftoken"].value != token
    recorded = AuditEntry.objects.filter(action__startswith="view.").order_by("pk")
    assert [(one.action, one.actor, one.object_id) for one in recorded] == [
        ("view.started", str(admin.pk), str(analyst.pk)),
        ("view.ended", str(admin.pk), str(analyst.pk)),
    ]


def _pass(session: SessionBase, admin: User) -> None:
    session[viewing.MARK] = {**session[viewing.MARK], "until": timezone.now().timestamp() - 1}
    session.save()


def _lose(session: SessionBase, admin: User) -> None:
    Grant.objects.filter(user=admin).update(role=Role.objects.get(code="model_analyst"))


def _close(session: SessionBase, admin: User) -> None:
    User.objects.exclude(pk=admin.pk).update(is_active=False)


@pytest.mark.parametrize("end", [_pass, _lose, _close])
def test_it_is_over_by_itself_and_what_was_sent_meanwhile_is_not_done(
    end: Callable[[Any, User], None], looking: Client, admin: User, analyst: User
) -> None:
    end(looking.session, admin)

    sent = looking.post(f"/admin/accounts/user/{analyst.pk}/sessions/")

    assert (sent.status_code, sent["Location"]) == (302, "/")
    assert viewing.MARK not in looking.session
    assert AuditEntry.objects.get(action="view.ended").details == {"reason": "over"}
    assert not AuditEntry.objects.filter(action="session.ended").exists()


def test_what_is_read_is_on_record_as_read_by_who_looked(admin: User, browser: Client, make_user: MakeUser) -> None:
    other = make_user("other@acme.example", "tenant_admin")
    _look(browser, other)

    assert browser.get("/admin/accounts/user/").status_code == 200
    assert browser.post("/admin/accounts/user/", {"action": "deactivate"}).status_code == 403

    read = AuditEntry.objects.filter(action="user.read").latest("pk")
    assert (read.actor, read.details["viewed_as"]) == (str(admin.pk), str(other.pk))
    denied = AuditEntry.objects.filter(action="permission.denied").latest("pk")
    assert (denied.actor, denied.details["viewed_as"]) == (str(admin.pk), str(other.pk))


def test_nobody_looks_as_somebody_mightier(browser: Client, custodian: User, admin: User) -> None:
    answer = _look(browser, custodian)

    assert answer["Location"] == f"/admin/accounts/user/{custodian.pk}/permissions/"
    assert viewing.MARK not in browser.session
    with pytest.raises(NotYoursToGive):
        services.start_view({}, custodian, acting_user=admin, now=timezone.now())


def test_it_takes_its_own_right_another_account_and_an_open_one(
    admin: User, analyst: User, make_user: MakeUser, now: datetime
) -> None:
    services.create_role("r", name="R", permissions=["users:tenant:read", "models:tenant:*"], acting_user=None, now=now)
    session: dict[str, Any] = {}

    with pytest.raises(authz.NotPermitted):
        services.start_view(session, make_user("n@acme.example"), acting_user=make_user("r@x.example", "r"), now=now)
    for person in (admin, services.deactivate_user(analyst, acting_user=admin, now=now)):
        with pytest.raises(services.NotToBeViewed):
            services.start_view(session, person, acting_user=_again(admin), now=now)
    assert session == {}


def test_who_is_there_is_asked_again_first(browser: Client, analyst: User) -> None:
    session = browser.session
    session["auth_time"] = session["signed_in_at"] = timezone.now().timestamp() - 3600
    session.save()

    assert _look(browser, analyst).status_code == 403
    assert viewing.MARK not in browser.session
    let = browser.post(
        f"/admin/accounts/user/{analyst.pk}/view-as/", {"confirm-method": "POST", "confirm-present": PASSWORD}
    )

    assert (let["Location"], viewing.MARK in browser.session) == ("/", True)


def test_links_that_are_theirs_alone_are_not_shown(browser: Client, make_user: MakeUser) -> None:
    _look(browser, make_user("asked@acme.example", "stakeholder"))

    page = browser.get("/")

    assert page.status_code == 403
    assert "This is for asked@acme.example alone" in page.content.decode()


def test_both_have_to_be_permitted(admin: User, make_user: MakeUser, now: datetime) -> None:
    rows = User.objects.all()
    for code, lines in (("u", ["users:tenant:read"]), ("r", ["roles:tenant:*"]), ("own", ["users:own:read"])):
        services.create_role(code, name=code, permissions=lines, acting_user=None, now=now)
    person, viewer = make_user("person@acme.example", "u"), make_user("viewer@acme.example", "r")
    assert authz.visible(rows, person, "users:read").count() == 3

    authz.narrow_to(person, viewer)

    for ask in (authz.somewhere, authz.everywhere, authz.relevant):
        assert not ask(person, "users:read"), ask
        assert not ask(person, "roles:read"), ask  # what the viewer may and the other not
    assert not authz.allows(person, "users:read", admin)
    assert not authz.visible(rows, person, "users:read").exists()
    authz.narrow_to(person, admin)
    assert authz.visible(rows, person, "users:read").count() == 3
    Grant.objects.create(user=viewer, role=Role.objects.get(code="tenant_admin"), granted_at=now)
    Grant.objects.create(user=viewer, role=Role.objects.get(code="own"), denies=True, granted_at=now)
    authz.narrow_to(person, _again(viewer))
    assert authz.somewhere(person, "users:read")
    assert set(authz.visible(rows, person, "users:read")) == {admin, person}
    assert (authz.allows(person, "users:read", admin), authz.allows(person, "users:read", viewer)) == (True, False)
