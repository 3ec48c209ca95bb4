"""Custodians of keys: how the first one comes to be, what they see and do, and that administrators do not."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from apps.accounts import services
from apps.accounts.models import Grant, Role, User
from apps.accounts.services import rotations
from apps.audit.models import AuditEntry
from apps.core import degraded, jobs
from apps.core.models import Job, RememberedAnswer
from apps.keys import services as keys
from apps.keys.keyring import KEYRING, SIGNS_FROM
from apps.keys.models import DataKey, RecoveryKey
from apps.keys.providers.base import Unavailable
from apps.keys.providers.local import LocalKeyring
from apps.keys.services import rotating

pytestmark = [
    pytest.mark.requirement("SEC-DATA-002", "SEC-AUTH-002"),
    pytest.mark.django_db(databases=["default", "owner"]),
]
ACME = {"host": "acme.localhost"}
JSON = "application/json"
PASSWORD = "the dike held in november"


@pytest.fixture(autouse=True)
def _the_upgrade_is_long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotating, "UPGRADED_WITHIN", -timedelta(days=1))


def client_of(user: User) -> Client:
    client = Client(headers=ACME)
    client.force_login(user)
    return client


def versions(purpose: str) -> list[tuple[int, str]]:
    return list(DataKey.objects.of("acme", purpose).order_by("version").values_list("version", "state"))


def test_the_operator_makes_the_first_one(admin: User) -> None:
    call_command("key_custodian", admin.email, "--tenant", "acme", stdout=io.StringIO())

    assert User.objects.get(pk=admin.pk).has_perm("keys:rotate")
    grant = Grant.objects.get(user=admin, role__code="key_custodian")
    assert AuditEntry.objects.filter(action="grant.created", object_id=str(grant.pk), tenant="acme").exists()


def test_for_an_address_without_account_there_is_none(admin: User) -> None:
    said = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("key_custodian", "nobody@acme.example", "--tenant", "acme", stderr=said)

    assert said.getvalue().strip() == "There is no user nobody@acme.example in acme."


def test_a_key_that_an_administrator_made_before_opens_no_keys(admin: User, make_user: Any, now: Any) -> None:
    """One that names no permissions grows with those of its user, but for what is apart."""
    newcomer = make_user("newcomer@acme.example")
    _, theirs = services.create_api_key(newcomer, name="theirs", acting_user=admin, now=now)
    call_command("key_custodian", newcomer.email, "--tenant", "acme", stdout=io.StringIO())
    custodian = User.objects.get(pk=newcomer.pk)
    _, named = services.create_api_key(
        custodian, name="named", permissions=["keys:tenant:read"], acting_user=custodian, now=now
    )

    asked = {text: Client(headers={**ACME, "Authorization": f"Bearer {text}"}) for text in (theirs, named)}
    assert [one.get("/api/v1/keys/").status_code for one in asked.values()] == [403, 200]
    assert [one.post("/api/v1/keys/rotate/", {}, JSON).status_code for one in asked.values()] == [403, 403]
    role = Role.objects.get(code="key_custodian")
    wanted = {"user": str(admin.pk), "role": str(role.pk)}
    assert asked[theirs].post("/api/v1/grants/", wanted, JSON).status_code == 403


def test_an_account_whose_password_an_administrator_was_told_is_no_custodians(admin: User, now: Any) -> None:
    user = services.create_user("told@acme.example", password=PASSWORD, acting_user=admin, now=now)
    said = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("key_custodian", user.email, "--tenant", "acme", stderr=said)
    assert "Its owner replaces it first." in said.getvalue()

    services.change_password(user, present=PASSWORD, password=f"another {PASSWORD}", now=now)
    call_command("key_custodian", user.email, "--tenant", "acme", stdout=io.StringIO())
    assert User.objects.get(pk=user.pk).has_perm("keys:rotate")


def test_a_closed_account_becomes_none(admin: User, analyst: User) -> None:
    services.deactivate_user(analyst, acting_user=admin, now=timezone.now())
    with pytest.raises(SystemExit):
        call_command("key_custodian", analyst.email, "--tenant", "acme", stderr=io.StringIO())

    assert not Grant.objects.filter(role__code="key_custodian").exists()


def test_administrators_make_none_and_see_no_keys(admin: User, analyst: User) -> None:
    client = client_of(admin)

    assert "keys/datakey" not in client.get("/admin/").content.decode()
    assert client.get("/admin/keys/datakey/").status_code == 403
    assert client.get("/api/v1/keys/").status_code == 403
    assert client.post("/api/v1/keys/rotate/", {}, JSON).status_code == 403
    assert not Job.objects.exists()


def test_a_custodian_sees_keys_and_nothing_else_of_the_administration(custodian: User, admin: User) -> None:
    client = client_of(custodian)

    page = client.get("/admin/").content.decode()
    assert "/admin/keys/datakey/" in page
    assert "/admin/accounts/user/" not in page
    listed = client.get("/admin/keys/datakey/")
    assert listed.status_code == 200
    assert {one.tenant for one in listed.context["cl"].result_list} == {"acme"}
    for path in ("accounts/user/", "audit/auditentry/", "configuration/setting/", "configuration/setting/versions/"):
        assert client.get(f"/admin/{path}").status_code == 403, path


def test_a_custodian_sees_when_everything_was_verified_and_what_there_is_for_a_recovery(
    custodian: User, beta: Any, now: Any
) -> None:
    client = client_of(custodian)
    before = client.get("/admin/keys/datakey/").content.decode()
    with schema_context("public"):
        keys.note_verified("acme", keys.Verified(keys=3, values=9, problems=["one"]), now=now)
        keys.note_verified("beta", keys.Verified(keys=3, values=9, problems=["one"] * 77), now=now)
        RecoveryKey.objects.create(fingerprint="f1n9er", public="p", added_at=now, drilled_at=now)
        RecoveryKey.objects.create(fingerprint="0ld", public="p", added_at=now, retired_at=now)

    page = client.get("/admin/keys/datakey/").content.decode()

    assert (before.count("never"), "f1n9er" in before) == (2, False)
    assert ("(1 problem)" in page, "(77 problems)" in page) == (True, False)
    assert ("f1n9er" in page, "0ld" in page, page.count("never")) == (True, False, 0)


def test_nothing_secret_of_a_key_is_shown(custodian: User) -> None:
    client, key = client_of(custodian), DataKey.objects.of("acme").get()

    shown = [client.get(f"/api/v1/keys/{key.pk}/"), client.get(f"/admin/keys/datakey/{key.pk}/change/")]

    assert [one.status_code for one in shown] == [200, 200]
    assert not {"wrapped", "escrow"} & shown[0].json().keys()
    for one in shown:
        assert bytes(key.wrapped).hex() not in one.content.decode()
        assert "wrapped" not in one.content.decode().casefold().replace("wrapped by", "")


def test_keys_of_another_tenant_are_not_there(custodian: User, beta: Any) -> None:
    with tenant_context(beta):
        theirs = DataKey.objects.of("beta").get()
    client = client_of(custodian)

    listed = client.get("/api/v1/keys/").json()["results"]
    assert {one["id"] for one in listed} == {str(one.pk) for one in DataKey.objects.filter(tenant="acme")}
    assert client.get(f"/api/v1/keys/{theirs.pk}/").status_code == 404


def test_a_custodian_of_the_platform_sees_the_platforms_alone(acme: Any, make_user: Any) -> None:
    client = Client(headers={"host": "localhost"})
    with schema_context("public"):
        client.force_login(make_user("keys@platform.example", "key_custodian"))
        listed = client.get("/admin/keys/datakey/")
        assert {one.tenant for one in listed.context["cl"].result_list} == {"public"}
        assert "results" not in client.get("/api/v1/keys/").json()  # the API is a tenant's


def test_a_rotation_is_a_job_that_writes_everything_anew(custodian: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(degraded, "missing", lambda part: True)  # so it is done at once
    client = client_of(custodian)
    client.post("/api/v1/keys/rotate/", {}, JSON, headers={"Idempotency-Key": "one"})

    job: Any = Job.objects.get(kind="keys.rotate")
    assert (job.state, job.progress) == ("succeeded", 1.0)
    assert (job.result["version"], job.result["left"]) == (2, 0)
    assert versions("field") == [(1, "decrypt-only"), (2, "active")]
    assert RememberedAnswer.objects.filter(tenant="acme").exists()
    entry = AuditEntry.objects.get(action="data_key.rotated")
    assert (entry.tenant, entry.actor, entry.actor_type) == ("acme", str(custodian.pk), "user")

    again = client.post("/api/v1/keys/rotate/", {}, JSON)  # others may still write under the key before
    assert (again.status_code, again.json()["code"]) == (409, "rotation_under_way")
    signing = client.post("/api/v1/keys/rotate/", {"purpose": "signing"}, JSON)
    assert (signing.status_code, versions("signing")[-1]) == (202, (2, "active"))


def test_no_key_is_made_after_another_without_end(custodian: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every process has each of them unwrapped, while others wait."""
    monkeypatch.setattr(degraded, "missing", lambda part: True)
    client = client_of(custodian)
    asked = [client.post("/api/v1/keys/rotate/", {"purpose": "signing"}, JSON) for _ in range(2)]
    assert [one.status_code for one in asked] == [202, 409]
    assert asked[1].json()["code"] == "rotation_under_way"

    with schema_context("public"):
        DataKey.objects.of("acme", "signing").filter(version=1).update(retired_at=timezone.now() - SIGNS_FROM)
    monkeypatch.setattr("apps.keys.services.rotating.MOST_VERSIONS", 2)
    assert client.post("/api/v1/keys/rotate/", {"purpose": "signing"}, JSON).json()["code"] == "too_many_keys"
    monkeypatch.setattr("apps.keys.services.rotating.MOST_VERSIONS", 3)
    assert client.post("/api/v1/keys/rotate/", {"purpose": "signing"}, JSON).status_code == 202


def test_a_second_press_of_the_button_is_no_second_rotation(custodian: User) -> None:
    client = client_of(custodian)
    ticked = {"action": "rotate", "_selected_action": [str(one.pk) for one in DataKey.objects.filter(tenant="acme")]}
    for _ in range(2):
        page = client.post("/admin/keys/datakey/", ticked, follow=True)

    assert page.status_code == 200
    asked = sorted(job.parameters["purpose"] for job in Job.objects.filter(kind="keys.rotate"))
    assert asked == ["field", "index", "signing"]
    assert page.content.decode().count("A rotation is under way.") == 3


def test_a_rotation_in_a_tenant_keeps_the_platform_from_none_of_its_own(custodian: User, make_user: Any) -> None:
    services.ask_for_rotation("signing", acting_user=custodian, now=timezone.now())

    with schema_context("public"):
        platforms = make_user("keys@platform.example", "key_custodian")
        services.ask_for_rotation("signing", acting_user=platforms, now=timezone.now())

    assert Job.objects.filter(kind="keys.rotate").count() == 1
    with schema_context("public"):
        assert Job.objects.filter(kind="keys.rotate").count() == 2


def test_the_key_of_blind_indexes_is_replaced_in_steps(custodian: User) -> None:
    job = services.ask_for_rotation("index", acting_user=custodian, now=timezone.now())
    Job.objects.update(state="running")

    assert run(job) == {"version": 2, "written": 1, "left": 0}  # the custodian's
    assert run(job)["version"] == 2
    assert versions("index") == [(1, "active"), (2, "coming")]
    Job.objects.update(state="succeeded")
    with pytest.raises(rotations.RotationUnderWay):
        services.ask_for_rotation("index", acting_user=custodian, now=timezone.now())


def test_that_key_stays_while_processes_of_before_an_upgrade_may_run(
    custodian: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They may know one column of digests only: whoever they add would be found by nobody, and might be added twice."""
    monkeypatch.setattr(rotating, "UPGRADED_WITHIN", timedelta(days=1))

    answer = client_of(custodian).post("/api/v1/keys/rotate/", {"purpose": "index"}, JSON)

    assert (answer.status_code, answer.json()["code"]) == (409, "upgraded_just_now")
    assert not Job.objects.exists()


@pytest.mark.parametrize("purpose", ["", "fields", None, 7, ["field"]])
def test_of_other_purposes_nothing_is_rotated(custodian: User, purpose: Any) -> None:
    answer = client_of(custodian).post("/api/v1/keys/rotate/", {"purpose": purpose}, JSON)

    assert answer.status_code == 422
    assert not Job.objects.exists()


def run(job: Job) -> dict[str, Any]:
    return rotations.rotate(job, jobs.Progress(job))


def test_a_job_that_was_killed_makes_no_second_key(custodian: User) -> None:
    job = services.ask_for_rotation("field", acting_user=custodian, now=timezone.now())
    Job.objects.update(state="running")
    run(job)
    KEYRING.forget()

    assert run(job)["version"] == 2
    assert len(versions("field")) == 2


def test_what_is_wrong_with_the_provider_is_for_operators_alone(
    custodian: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: Any) -> bytes:
        raise Unavailable("vault:transit/resimate at https://10.0.0.7:8200: Forbidden")

    monkeypatch.setattr(LocalKeyring, "wrap", away)
    job = services.ask_for_rotation("signing", acting_user=custodian, now=timezone.now())
    jobs._run_by_id(job.pk)

    job.refresh_from_db()
    problem: Any = job.problem
    assert (job.state, problem["code"]) == ("failed", "key_provider_away")
    assert "10.0.0.7" not in str(problem)
    assert "10.0.0.7" in caplog.text


def test_who_is_no_custodian_any_more_rotates_nothing(custodian: User, now: Any) -> None:
    job = services.ask_for_rotation("field", acting_user=custodian, now=now)
    Grant.objects.filter(user=custodian).delete()

    jobs._run_by_id(job.pk)

    job.refresh_from_db()
    assert job.state == "failed"
    assert versions("field") == [(1, "active")]


def test_who_looked_at_everything_is_on_record(acme: Any) -> None:
    with schema_context("public"):
        call_command("keys", "verify", "--tenant", "acme", "--json", stdout=io.StringIO())

    entry = AuditEntry.objects.get(action="data_key.verified")
    assert (entry.tenant, entry.details["problems"], entry.actor_type) == ("acme", 0, "operator")
