"""A forgotten password: asked for without telling who has an account, chosen by a link that works once."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client, override_settings
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from apps.accounts import services
from apps.accounts.models import ApiKey, User
from apps.accounts.services.forgotten import LIFE, LinkUsedUp, owner_of, token_for
from apps.audit.models import AuditEntry
from apps.core import events
from apps.core.memory import forget_all
from apps.keys import providers
from apps.keys import services as keys
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("AUTH-001")

ACME, BETA = {"host": "acme.localhost"}, {"host": "beta.localhost"}
NEW = "quite another lot of words"


@pytest.fixture
def ada(acme: Any, now: datetime) -> User:
    return services.create_user("ada@acme.example", password="correct horse battery", name="Ada", now=timezone.now())


def _ask(email: str, **headers: str) -> Any:
    return Client(headers={**ACME, **headers}).post("/password/forgotten/", {"email": email})


def _letters() -> list[Message]:
    events.deliver_due(timezone.now())
    return list(Message.objects.filter(kind="password_forgotten").order_by("pk"))


def _link() -> str:
    found = re.search(r"http://acme\.localhost(?::\d+)?(/password/new/[^\s]+/)", _letters()[-1].body)
    assert found
    return found[1]


def _choose(link: str, password: str = NEW, host: dict[str, str] = ACME) -> Any:
    return Client(headers=host).post(link, {"password": password, "repeated": password})


def test_the_owner_chooses_a_new_password_by_the_link(ada: User) -> None:
    key, _ = services.create_api_key(ada, name="k", now=timezone.now())
    inside = Client(headers=ACME)
    inside.force_login(ada)

    asked = _ask("ADA@acme.example")
    chosen = _choose(_link())

    assert (asked.status_code, asked["Location"]) == (302, "/password/forgotten/sent/")
    assert (chosen.status_code, chosen["Location"]) == (302, "/sign-in/")
    changed = User.objects.get(pk=ada.pk)
    assert changed.check_password(NEW)
    assert inside.get("/account/").status_code == 302
    assert ApiKey.objects.get(pk=key.pk).revoked_at is not None
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"user.reset_link_asked", "user.password_reset"} <= actions
    assert Message.objects.filter(kind="password_changed").count() == 1


def test_every_address_gets_the_same_answer(ada: User, django_assert_num_queries: Any) -> None:
    User.objects.create(email="gone@acme.example", is_active=False, created_at=timezone.now())

    answers = [_ask(email) for email in ("ada@acme.example", "gone@acme.example", "nobody@acme.example")]

    assert len({(one.status_code, one["Location"], one.content) for one in answers}) == 1
    assert [one.address for one in _letters()] == ["ada@acme.example"]
    entries = AuditEntry.objects.filter(action="user.reset_link_asked")
    assert entries.count() == 3
    assert "acme.example" not in "".join(str(one.details) for one in entries)


def test_a_closed_account_is_asked_for_as_if_it_were_not_there(ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(is_active=False)

    _ask("ada@acme.example")

    assert _letters() == []
    assert AuditEntry.objects.get(action="user.reset_link_asked").object_id == ""


def test_an_account_that_was_closed_since_gets_no_letter(ada: User) -> None:
    _ask("ada@acme.example")
    User.objects.filter(pk=ada.pk).update(is_active=False)

    assert _letters() == []


def test_looking_at_the_link_changes_nothing(ada: User) -> None:
    _ask("ada@acme.example")
    link = _link()

    looked = [Client(headers=ACME).generic(method, link) for method in ("GET", "HEAD", "GET")]

    assert {one.status_code for one in looked} == {200}
    assert (looked[0]["Referrer-Policy"], "no-store" in looked[0]["Cache-Control"]) == ("no-referrer", True)
    assert _choose(link).status_code == 302


def test_the_link_works_once(ada: User) -> None:
    _ask("ada@acme.example")
    link = _link()
    _choose(link)

    assert _choose(link, "yet another lot of words").status_code == 410
    assert User.objects.get(pk=ada.pk).check_password(NEW)


@pytest.mark.parametrize("change", ["password", "administrator", "closed"])
def test_the_link_dies_with_what_it_was_made_for(ada: User, change: str) -> None:
    token = token_for(ada)
    now = timezone.now()
    if change == "password":
        services.change_password(ada, present="correct horse battery", password=NEW, now=now)
    elif change == "administrator":
        services.reset_password(ada, acting_user=None, now=now)
    else:
        services.create_user("b@acme.example", password=NEW, now=now)
        User.objects.filter(pk=ada.pk).update(is_active=False)

    with pytest.raises(LinkUsedUp):
        owner_of(token)


def test_the_link_is_good_for_an_hour(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    token = token_for(ada)
    later = timezone.now() + LIFE + timedelta(seconds=1)
    monkeypatch.setattr("django.core.signing.time.time", later.timestamp)

    with pytest.raises(LinkUsedUp):
        owner_of(token)


@pytest.mark.requirement("SEC-DATA-002")
def test_the_link_survives_a_rotation_of_the_key_that_signs_it_and_no_destruction(ada: User) -> None:
    token, now = token_for(ada), timezone.now()
    with schema_context("public"):
        keys.rotate("acme", purpose="signing", now=now - timedelta(hours=2))
    assert owner_of(token) == ada

    with schema_context("public"):
        with pytest.raises(keys.KeyInUse):
            keys.destroy("acme", 1, purpose="signing", now=now)
        later = now + timedelta(days=8)  # when nothing is good that was signed by it
        keys.note_unused("acme", "signing", now=later)
        keys.destroy("acme", 1, purpose="signing", now=later)
    with pytest.raises(LinkUsedUp):
        owner_of(token)


@pytest.mark.requirement("DB-002")
def test_the_link_opens_nothing_at_another_tenant(ada: User, beta: Any) -> None:
    with tenant_context(beta):
        copy = User.objects.create(pk=ada.pk, email=ada.email, password=ada.password, created_at=ada.created_at)
    link = f"/password/new/{token_for(ada)}/"

    assert _choose(link, host=BETA).status_code == 410
    with tenant_context(beta):
        assert not User.objects.get(pk=copy.pk).check_password(NEW)


@pytest.mark.parametrize("token", ["x", "x:y:z", "%00", "a" * 5000, ".eJx", "%F0%9F%98%80", "..:1:2"])
def test_what_is_no_link_is_said_to_be_none(acme: Any, token: str) -> None:
    client = Client(headers=ACME)

    assert client.get(f"/password/new/{token}/").status_code == 410


def test_the_link_leads_to_our_own_host(ada: User) -> None:
    _ask("ada@acme.example", **{"x-forwarded-host": "evil.example", "forwarded": "host=evil.example"})

    assert "evil" not in _letters()[-1].body


def test_of_two_at_once_one_comes_too_late(ada: User) -> None:
    token = token_for(ada)
    services.choose_password(token, password=NEW, now=timezone.now())

    with pytest.raises(LinkUsedUp):
        services.choose_password(token, password="yet another lot of words", now=timezone.now())


def test_a_weak_password_is_refused_and_the_link_stays_good(ada: User) -> None:
    link = f"/password/new/{token_for(ada)}/"

    weak, unlike = _choose(link, "short"), Client(headers=ACME).post(link, {"password": NEW, "repeated": "x"})

    assert (weak.status_code, unlike.status_code) == (422, 422)
    assert _choose(link).status_code == 302


def test_asking_again_and_again_gets_slower(ada: User) -> None:
    answers = [_ask("ada@acme.example") for _ in range(6)] + [_ask("nobody@acme.example") for _ in range(6)]

    statuses = [one.status_code for one in answers]
    assert statuses[:3] == statuses[6:9] == [302, 302, 302]
    assert (statuses[5], statuses[11]) == (429, 429)
    assert answers[5]["Retry-After"]
    assert len(_letters()) <= 4


@pytest.mark.parametrize("email", ["a@b.example\r\nBcc: evil@x.example", "x", "", "a@b\0.example", "x" * 300 + "@b.de"])
def test_what_is_no_address_is_said_to_be_none(acme: Any, email: str) -> None:
    assert _ask(email).status_code == 422
    assert not AuditEntry.objects.filter(action="user.reset_link_asked").exists()


def test_a_name_adds_no_line_to_the_head_of_the_letter(ada: User) -> None:
    ada.name = "Ada\r\nBcc: evil@x.example"
    ada.save(update_fields=["name"])
    _ask("ada@acme.example")

    letter = _letters()[-1]
    assert "\n" not in letter.subject
    assert "\r" not in letter.subject


def test_the_letter_speaks_the_owners_language(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    spoken: list[str] = []
    monkeypatch.setattr("apps.notifications.services.render", _listening(spoken))
    User.objects.filter(pk=ada.pk).update(language="de")
    _ask("ada@acme.example", **{"accept-language": "fr"})
    _letters()

    assert spoken == ["de"]


def _listening(spoken: list[str]) -> Callable[..., Any]:
    from apps.notifications.kinds import Kind
    from apps.notifications.rendering import render

    def heard(kind: Kind, texts: Any, facts: dict[str, Any], language: str, zone: str) -> Any:
        spoken.append(language)
        return render(kind, texts, facts, language, zone)

    return heard


def test_an_administrator_sends_the_link_and_learns_no_password(ada: User) -> None:
    from apps.accounts.models import Role

    boss = services.create_user("boss@acme.example", password="correct horse battery", now=timezone.now())
    role = Role.objects.get(code="tenant_admin")
    services.grant_role(boss, role, acting_user=None, now=timezone.now())
    client = Client(headers=ACME)
    client.force_login(boss)

    answer = client.post(f"/api/v1/users/{ada.pk}/send-reset-link/", None, "application/json")

    assert (answer.status_code, answer.json()["email"]) == (200, "ada@acme.example")
    assert _choose(_link()).status_code == 302


def test_platform_staff_get_a_link_of_the_platform(acme: Any) -> None:
    with schema_context("public"):
        services.create_user("ops@platform.example", password="correct horse battery", now=timezone.now())
        asked = Client(headers={"host": "localhost"}).post("/password/forgotten/", {"email": "ops@platform.example"})
        events.deliver_due(timezone.now())

    assert asked.status_code == 302
    assert re.search(r"http://localhost(:\d+)?/password/new/", str(mail.outbox[-1].body))


def test_theirs_leaves_with_the_password_that_is_in_a_vault(acme: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers, "secret", lambda path, field: "hush")
    monkeypatch.setattr("django.core.mail.backends.smtp.EmailBackend.send_messages", lambda one, _: told.append(one))
    told: list[Any] = []
    settings = {"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend"}
    with override_settings(CONFIGURATION={"MAIL_PASSWORD": "vault:secret/data/resimate#smtp"}, **settings):
        forget_all()
        with schema_context("public"):
            user = services.create_user("ops@platform.example", password="correct horse battery", now=timezone.now())
            services.write_link(str(user.pk), user.pk, now=timezone.now())

    assert [one.password for one in told] == ["hush"]


def test_the_sign_in_page_leads_there(acme: Any) -> None:
    assert b'href="/password/forgotten/"' in Client(headers=ACME).get("/sign-in/").content
