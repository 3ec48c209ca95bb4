"""Where somebody is signed in: seen by themselves and who manages accounts, ended at once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from apps.accounts import services, sessions
from apps.accounts.authz import NotPermitted
from apps.accounts.browsers import described
from apps.accounts.models import Session, User
from apps.accounts.services.grants import NotYoursToGive
from apps.accounts.tests.conftest import PASSWORD
from apps.audit.models import AuditEntry
from apps.configuration import services as configuration
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("SEC-AUTH-001")

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1"
)
PAGE = "/account/security/"


def browser(user: User, agent: str = FIREFOX, host: str = "acme.localhost") -> Client:
    client = Client(headers={"host": host, "user-agent": agent})
    assert client.post("/sign-in/", {"email": user.email, "password": PASSWORD}).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def test_the_page_shows_each_device_and_which_one_is_this(admin: User) -> None:
    here, _ = browser(admin), browser(admin, SAFARI)

    page = here.get(PAGE).content.decode()

    assert "Safari on iPhone" in page
    assert page.index("Firefox on Linux") < page.index("This device") < page.index("Safari on iPhone")
    assert "127.0.0.0/24" in page
    assert page.count("This device") == 1


def test_one_that_is_ended_is_out_with_the_next_request(admin: User) -> None:
    here, lost = browser(admin), browser(admin, SAFARI)
    row = services.live_sessions(admin, now=timezone.now()).get(user_agent=SAFARI)

    assert here.post(f"{PAGE}sessions/{row.pk}/end/", follow=True).status_code == 200

    assert (is_in(here), is_in(lost)) == (True, False)
    entry = AuditEntry.objects.get(action="session.ended")
    assert (entry.object_id, entry.details) == (str(admin.pk), {"session": str(row.pk)})


def test_all_others_are_ended_and_this_one_goes_on(admin: User, analyst: User) -> None:
    here, others, of_another = browser(admin), [browser(admin), browser(admin, SAFARI)], browser(analyst)

    here.post(f"{PAGE}sessions/end-others/")

    assert [is_in(one) for one in (here, *others, of_another)] == [True, False, False, True]
    assert AuditEntry.objects.get(action="session.ended").details == {"count": 2}


def test_to_end_this_one_is_to_sign_out(admin: User) -> None:
    here = browser(admin)

    answer = here.post(f"{PAGE}sessions/{Session.objects.get().pk}/end/")

    assert answer["Location"] == "/sign-in/"
    assert not is_in(here)


def test_a_request_under_way_brings_no_ended_session_back(admin: User) -> None:
    here = browser(admin)
    store = here.session
    assert store["schema"]  # it is loaded
    services.sign_out_everywhere(admin, acting_user=None, now=timezone.now())
    store["seen_at"] = 0.0

    with pytest.raises(UpdateError):
        store.save()

    assert not is_in(here)


def test_sessions_of_another_are_not_there(admin: User, analyst: User) -> None:
    here, theirs = browser(analyst), browser(admin)
    row = services.live_sessions(admin, now=timezone.now()).get()

    assert here.post(f"{PAGE}sessions/{row.pk}/end/").status_code == 404
    assert here.get(f"/api/v1/users/{admin.pk}/sessions/").status_code == 403
    assert here.delete(f"/api/v1/users/{analyst.pk}/sessions/{row.pk}/").status_code == 404
    with pytest.raises(NotPermitted):
        services.end_session(row, acting_user=analyst, now=timezone.now())
    assert is_in(theirs)


def test_another_tenants_twin_sees_and_ends_nothing(admin: User, acme: Any, beta: Any) -> None:
    here = browser(admin)
    with tenant_context(beta):
        twin = User(id=admin.id, email=admin.email, password=admin.password, created_at=admin.created_at)
        twin.save(force_insert=True)
        there = browser(twin, SAFARI, "beta.localhost")
        services.sign_out_everywhere(twin, acting_user=None, now=timezone.now())

    assert (is_in(here), is_in(there)) == (True, False)
    with tenant_context(acme):
        assert [one.user_agent for one in services.live_sessions(admin, now=timezone.now())] == [FIREFOX]


def test_the_table_holds_no_cookie(admin: User) -> None:
    here = browser(admin)

    stored = str(list(Session.objects.values()))

    cookie = here.session.session_key
    assert cookie
    assert cookie not in stored
    assert cookie[:8].encode().hex() not in stored.replace("-", "")  # nor a part of it, as the bytes of an id


@pytest.mark.parametrize("of", ["me", "id"])
def test_the_api_lists_and_ends_ones_own(admin: User, of: str) -> None:
    here, lost = browser(admin), browser(admin, SAFARI)
    path = f"/api/v1/users/{of if of == 'me' else admin.pk}/sessions/"

    rows = here.get(path).json()["results"]
    other = next(one for one in rows if not one["is_current"])

    assert [one["device"] for one in rows if one["is_current"]] == ["Firefox on Linux"]
    assert other["device"] == "Safari on iPhone"
    assert here.delete(f"{path}{other['id']}/").status_code == 204
    assert (is_in(here), is_in(lost)) == (True, False)
    assert here.delete(f"{path}{other['id']}/").status_code == 404
    assert here.get("/api/v1/users/me/").json()["email"] == admin.email


def test_a_key_that_manages_no_accounts_sees_none_of_its_owners(admin: User, now: datetime) -> None:
    narrow, wide = (
        services.create_api_key(admin, name="k", permissions=list(given), now=timezone.now())[1]
        for given in (["models:tenant:read"], [])
    )

    def asked(key: str) -> int:
        headers = {"host": "acme.localhost", "authorization": f"Bearer {key}"}
        return Client(headers=headers).get("/api/v1/users/me/sessions/").status_code

    assert (asked(narrow), asked(wide)) == (403, 200)


def test_who_manages_accounts_ends_those_of_others_but_not_of_the_mightier(
    admin: User, analyst: User, make_user: Callable[..., User], now: datetime
) -> None:
    role = services.create_role("desk", name="Desk", permissions=["users:tenant:manage"], acting_user=None, now=now)
    desk = make_user("desk@acme.example")
    services.grant_role(desk, role, acting_user=None, now=now)
    theirs, mighty = browser(desk, SAFARI), browser(admin)

    with pytest.raises(NotYoursToGive):
        services.sign_out_everywhere(admin, acting_user=User.objects.get(pk=desk.pk), now=timezone.now())
    services.sign_out_everywhere(desk, acting_user=admin, now=timezone.now())

    assert (is_in(theirs), is_in(mighty)) == (False, True)


def test_the_administration_shows_them_and_ends_them_all(admin: User, analyst: User) -> None:
    office, theirs = browser(admin), browser(analyst, SAFARI)
    path = f"/admin/accounts/user/{analyst.pk}/sessions/"

    assert path in office.get(f"/admin/accounts/user/{analyst.pk}/change/").content.decode()
    assert "Safari on iPhone" in office.get(path).content.decode()
    page = office.post(path, follow=True).content.decode()

    assert "1 session has been ended." in page
    assert not is_in(theirs)


@pytest.mark.django_db(databases=["default", "owner"])
def test_a_command_shows_and_ends_them(admin: User, acme: Any, capsys: Any) -> None:
    here = browser(admin)

    call_command("sessions", "list", tenant=acme.slug, email="ADMIN@acme.example")
    call_command("sessions", "end", tenant=acme.slug, email=admin.email)
    said = capsys.readouterr().out
    with pytest.raises(SystemExit):
        call_command("sessions", "end", tenant=acme.slug, email="nobody@acme.example")

    assert "Firefox on Linux" in said
    assert "signed out of 1 session." in said
    assert not is_in(here)


def test_a_closed_account_and_a_new_password_leave_no_session_behind(admin: User, analyst: User) -> None:
    browser(analyst)
    services.deactivate_user(analyst, acting_user=admin, now=timezone.now())
    browser(admin)
    services.reset_password(admin, acting_user=None, now=timezone.now())

    assert not Session.objects.exists()


def test_what_is_over_is_not_shown(admin: User) -> None:
    browser(admin)
    now = timezone.now()
    late, idle = timedelta(seconds=sessions.longest_seconds()), timedelta(seconds=sessions.idle_seconds())

    assert services.live_sessions(admin, now=now + idle - timedelta(minutes=1)).exists()
    assert not services.live_sessions(admin, now=now + idle).exists()
    Session.objects.update(last_used_at=now + late)
    assert not services.live_sessions(admin, now=now + late).exists()


def test_the_owner_is_told_of_a_device_never_seen_before(admin: User) -> None:
    first = browser(admin)
    assert not Message.objects.filter(kind="new_device").exists()

    first.post("/sign-in/", {"email": admin.email, "password": PASSWORD})
    browser(admin, SAFARI)

    body = Message.objects.get(kind="new_device").body
    assert "Safari on iPhone" in body
    assert "acme.localhost" in body
    assert PAGE in body


def test_a_tenant_may_do_without_these_letters(admin: User, now: datetime) -> None:
    configuration.change("session.tell_of_new_devices", False, now=now)
    browser(admin)
    browser(admin, SAFARI)

    assert not Message.objects.filter(kind="new_device").exists()


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (FIREFOX, "Firefox on Linux"),
        (SAFARI, "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Version/17.5 Safari/605.1.15", "Safari on macOS"),
        ("curl/8.5.0", "Unknown device"),
        ("", "Unknown device"),
    ],
)
def test_a_device_is_named_in_words(agent: str, said: str) -> None:
    assert described(agent) == said
