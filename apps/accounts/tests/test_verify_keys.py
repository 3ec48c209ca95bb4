"""A custodian has everything that is encrypted looked at, sees how far that is, and what was found."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.functional import Promise
from django_tenants.utils import schema_context, tenant_context

from apps.accounts import services
from apps.accounts.api.data_keys import VERIFICATION
from apps.accounts.models import Grant, User
from apps.accounts.services import verifications
from apps.audit.models import AuditEntry
from apps.core import crypto, degraded, jobs
from apps.core.models import Job
from apps.keys import services as keys
from apps.keys.keyring import KEYRING
from apps.keys.models import DataKey
from apps.keys.providers.base import Unavailable
from apps.keys.providers.local import LocalKeyring

pytestmark = [
    pytest.mark.requirement("SEC-DATA-002", "SEC-AUTH-002"),
    pytest.mark.django_db(databases=["default", "owner"]),
]
JSON = "application/json"
PAGE = "/admin/keys/datakey/"
UNKNOWN = "it is no ciphertext of a version that is known"


@pytest.fixture
def client(custodian: User) -> Client:
    client = Client(headers={"host": "acme.localhost"})
    client.force_login(custodian)
    return client


@pytest.fixture
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no worker, so jobs are done where they are asked for."""
    monkeypatch.setattr(degraded, "missing", lambda part: True)


@pytest.mark.usefixtures("_at_once")
def test_it_is_a_job_whose_result_stands_beside_the_keys(client: Client, custodian: User) -> None:
    assert client.get("/api/v1/keys/").json()["verification"] is None

    answer = client.post("/api/v1/keys/verify/", {}, JSON)

    job = Job.objects.get(kind="keys.verify")
    assert (answer.status_code, answer["Location"]) == (202, f"/api/v1/jobs/{job.pk}/")
    found = client.get("/api/v1/keys/").json()["verification"]
    assert (found["job"], found["state"], found["progress"]) == (str(job.pk), "succeeded", 1.0)
    listed = client.get("/api/v1/keys/").json()["results"]
    assert (found["keys"], found["problems"], found["more"]) == (len(listed), [], 0)
    assert found["values"] >= 2  # the custodian's address and name
    assert list(found) == list(VERIFICATION["properties"])  # as the document has it
    entry = AuditEntry.objects.get(action="data_key.verified")
    assert (entry.tenant, entry.actor, entry.details["problems"]) == ("acme", str(custodian.pk), 0)


@pytest.mark.usefixtures("_at_once")
def test_the_page_has_a_button_and_says_what_is_wrong(client: Client, analyst: User) -> None:
    User.objects.filter(pk=analyst.pk).update(name=crypto.SEALED + b" no ciphertext")
    assert "Verify now" in client.get(PAGE).content.decode()

    page = client.post(f"{PAGE}verify/", follow=True).content.decode()

    assert f"accounts.User.name {analyst.pk}: " in page
    assert "(1 problem)" in page
    (problem,) = client.get("/api/v1/keys/").json()["verification"]["problems"]
    assert problem.startswith(f"accounts.User.name {analyst.pk}: ")


@pytest.mark.usefixtures("_at_once")
def test_a_value_is_looked_at_once_and_told_once_whichever_key_it_says_to_be_under(
    client: Client, analyst: User
) -> None:
    client.post(f"{PAGE}verify/")
    before = client.get("/api/v1/keys/").json()["verification"]
    User.objects.filter(pk=analyst.pk).update(name=b"no ciphertext at all, of whatever key")

    client.post(f"{PAGE}verify/")

    found = client.get("/api/v1/keys/").json()["verification"]
    assert found["problems"] == [f"accounts.User.name {analyst.pk}: {UNKNOWN}"]
    assert found["values"] == before["values"] + 1  # what the first of them has found


@pytest.mark.usefixtures("_at_once")
def test_while_the_keys_are_away_programs_still_read_which_there_are(
    client: Client, custodian: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, text = services.create_api_key(custodian, name="k", permissions=["keys:tenant:read"], now=timezone.now())
    client.post(f"{PAGE}verify/")

    def away(*_: Any) -> bytes:
        raise Unavailable("it is away")

    monkeypatch.setattr(LocalKeyring, "unwrap", away)
    KEYRING.forget()
    headers = {"host": "acme.localhost", "authorization": f"Bearer {text}"}
    answer = Client().get("/api/v1/keys/", headers=headers)
    monkeypatch.undo()
    KEYRING.forget()

    assert (answer.status_code, len(answer.json()["results"])) == (200, 4)
    assert answer.json()["verification"]["problems"] == [verifications.AWAY]


def test_how_far_it_is_is_shown_and_a_second_press_is_told(client: Client) -> None:
    assert client.post("/api/v1/keys/verify/", {}, JSON).status_code == 202
    Job.objects.update(state="running", progress=0.421)

    assert "under way, 42 %" in client.get(PAGE).content.decode()
    again = client.post("/api/v1/keys/verify/", {}, JSON)
    assert (again.status_code, again.json()["code"]) == (409, "verification_under_way")
    assert "Wait until that has ended." in client.post(f"{PAGE}verify/", follow=True).content.decode()


def test_many_problems_are_counted_and_the_first_are_told(client: Client, custodian: User) -> None:
    job = services.ask_for_verification(acting_user=custodian, now=timezone.now())
    job.state, job.result = "succeeded", {"keys": 3, "values": 99, "problems": ["one", "two"], "more": 31}
    job.save()

    page = client.get(PAGE).content.decode()

    assert all(said in page for said in ("<li>two</li>", "and 31 more", "values: 99"))


def test_what_a_provider_answers_is_for_operators_alone(
    client: Client, custodian: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    job = services.ask_for_verification(acting_user=custodian, now=timezone.now())

    def away(*_: Any) -> bytes:
        raise Unavailable("vault:transit/resimate at https://10.0.0.7:8200: Forbidden")

    monkeypatch.setattr(LocalKeyring, "unwrap", away)
    with schema_context("acme"):
        outcome = keys.verify("acme", said=verifications._for_operators())
    monkeypatch.undo()
    KEYRING.forget()

    assert job.state == "queued"
    assert f"field key 1: {verifications.AWAY}" in outcome.problems
    assert "10.0.0.7" not in str(outcome.problems)
    logged = [one.getMessage() for one in caplog.records if one.name == verifications.__name__]
    assert "10.0.0.7" in logged[0]
    assert len(logged) == len(set(logged))  # however many values are under the key


def test_it_takes_the_right_to_it(client: Client, custodian: User, admin: User) -> None:
    other = Client(headers={"host": "acme.localhost"})
    other.force_login(admin)
    assert other.post("/api/v1/keys/verify/", {}, JSON).status_code == 403
    assert other.post(f"{PAGE}verify/").status_code == 403
    job = services.ask_for_verification(acting_user=custodian, now=timezone.now())
    Grant.objects.filter(user=custodian).delete()

    jobs._run_by_id(job.pk)

    job.refresh_from_db()
    assert job.state == "failed"
    assert not AuditEntry.objects.filter(action="data_key.verified").exists()


def test_who_may_only_look_is_offered_no_verification(analyst: User, client: Client) -> None:
    now = timezone.now()
    role = services.create_role("look", name="Look", permissions=["keys:tenant:read"], acting_user=None, now=now)
    services.grant_role(analyst, role, acting_user=None, now=now)
    other = Client(headers={"host": "acme.localhost"})
    other.force_login(analyst)

    pages = [one.get(PAGE).content.decode() for one in (client, other)]

    assert ["Recovery keys" in page for page in pages] == [True, True]
    assert ["Verify now" in page for page in pages] == [True, False]


def test_the_platform_is_told_of_its_own_alone(client: Client, make_user: Any, beta: Any) -> None:
    client.post("/api/v1/keys/verify/", {}, JSON)
    with tenant_context(beta):
        assert services.latest_verification() is None
    with schema_context("public"):
        platforms = make_user("keys@platform.example", "key_custodian")
        assert services.latest_verification() is None
        services.ask_for_verification(acting_user=platforms, now=timezone.now())
    assert Job.objects.filter(kind="keys.verify").count() == 1


def test_states_are_said_in_words_that_can_be_translated() -> None:
    words = dict(DataKey.State.choices)

    assert DataKey(state="decrypt-only").get_state_display() == "Decrypt only"
    assert all(isinstance(word, Promise) for word in (*words.values(), *dict(DataKey.Purpose.choices).values()))
