from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import tenant_context

from apps.accounts import authz, keys, services
from apps.accounts.models import ApiKey, Grant, Role, User
from apps.audit.models import AuditEntry
from apps.configuration import throttling
from apps.core import crypto
from apps.core.errors import Invalid

ACME = {"host": "acme.localhost"}
pytestmark = pytest.mark.requirement("AUTH-002")


def _with(key: str) -> dict[str, str]:
    return {**ACME, "authorization": f"Bearer {key}"}


@pytest.fixture
def key(admin: User) -> str:
    return services.create_api_key(admin, name="reports", now=timezone.now())[1]


def test_a_key_says_what_it_is_and_is_kept_as_a_digest_only(admin: User, now: Any) -> None:
    stored, text = services.create_api_key(admin, name="reports", now=now)

    assert text.startswith(f"rsk_live_{stored.prefix}_")
    assert keys.prefix_of(text) == stored.prefix
    assert len(stored.digest) == 32
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM accounts_apikey t")
        assert text not in str(cursor.fetchall())


def test_a_program_signs_in_by_its_key_and_is_named_in_the_audit(key: str, admin: User, client: Client) -> None:
    answer = client.post(
        "/api/v1/roles/",
        {"code": "viewer", "name": "Viewer", "permissions": []},
        "application/json",
        headers=_with(key),
    )

    assert answer.status_code == 201
    entry = AuditEntry.objects.get(action="role.fields_created", object_id=answer.json()["id"])
    assert (entry.actor_type, entry.actor) == ("api_key", str(admin.pk))


def _forged(key: str) -> str:
    """A well-formed key that is found like the true one, and has another secret."""
    prefix, own = keys.prefix_of(key), keys.make()
    body = own[1].rpartition("_")[0].replace(own[0], str(prefix))
    return f"{body}_{keys._checksum(body)}"


def _broken(key: str) -> list[str]:
    body, _, checksum = key.rpartition("_")
    other = "a" if key[-20] != "a" else "b"
    return [
        _forged(key),
        key[:-1],
        f"{body}_00000000" if checksum != "00000000" else f"{body}_00000001",
        key[:-20] + other + key[-19:],
        key.upper(),
        "rsk_live_",
        "ünicode",
        "",
        "a.b",
    ]


def test_every_bad_key_gets_the_same_answer(key: str, admin: User, client: Client) -> None:
    revoked, revoked_text = services.create_api_key(admin, name="old", now=timezone.now())
    services.revoke_api_key(revoked, acting_user=admin, now=timezone.now())
    past = timezone.now() - timedelta(days=100)
    _, expired = services.create_api_key(admin, name="older", now=past)

    answers = [client.get("/api/v1/users/", headers=_with(bad)) for bad in [*_broken(key), revoked_text, expired]]

    assert {answer.status_code for answer in answers} == {401}
    assert {answer["WWW-Authenticate"] for answer in answers} == {"Bearer"}
    assert len({(answer.json()["code"], answer.json()["detail"]) for answer in answers}) == 1


def test_a_bad_key_is_refused_where_nobody_counts(client: Client, acme: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling.COUNTER, "count", lambda *_, **__: None)

    assert client.get("/api/v1/users/", headers=_with("rsk_live_")).status_code == 401


@pytest.mark.requirement("LOG-002")
def test_the_use_of_a_revoked_key_is_recorded_once_a_minute(admin: User, client: Client) -> None:
    revoked, text = services.create_api_key(admin, name="old", now=timezone.now())
    services.revoke_api_key(revoked, acting_user=admin, now=timezone.now())
    for _ in range(3):
        client.get("/api/v1/users/", headers=_with(text))

    assert (
        AuditEntry.objects.filter(action="api_key.refused", object_id=str(revoked.pk), outcome="failure").count() == 1
    )


@pytest.mark.parametrize("revoke", [False, True])
def test_the_use_of_a_key_is_noted_of_no_other(key: str, admin: User, client: Client, revoke: bool) -> None:
    used, text = services.create_api_key(admin, name="used", now=timezone.now())
    if revoke:
        services.revoke_api_key(used, acting_user=admin, now=timezone.now())

    client.get("/api/v1/users/", headers=_with(text))

    assert list(ApiKey.objects.filter(last_used_at__isnull=False)) == [used]


def test_a_key_in_the_address_is_ignored(key: str, client: Client) -> None:
    assert (
        client.get(f"/api/v1/users/?authorization={key}&key={key}&access_token={key}", headers=ACME).status_code == 401
    )


@pytest.mark.requirement("DB-002")
def test_a_key_of_one_tenant_opens_nothing_at_another(key: str, stranger: User, client: Client) -> None:
    assert client.get("/api/v1/users/", headers=_with(key)).status_code == 200
    assert client.get("/api/v1/users/", headers={**_with(key), "host": "beta.localhost"}).status_code == 401


def test_a_key_does_no_more_than_its_owner_whose_grant_has_run_out(key: str, admin: User, client: Client) -> None:
    assert client.get("/api/v1/roles/", headers=_with(key)).status_code == 200

    Grant.objects.filter(user=admin).update(valid_until=timezone.now() - timedelta(days=1))

    assert client.get("/api/v1/roles/", headers=_with(key)).status_code == 403


def test_a_closed_account_closes_its_keys(analyst: User, admin: User, client: Client) -> None:
    _, text = services.create_api_key(analyst, name="mine", now=timezone.now())
    User.objects.filter(pk=analyst.pk).update(is_active=False)

    assert client.get("/api/v1/users/", headers=_with(text)).status_code == 401


@pytest.mark.requirement("SEC-AUTH-002")
def test_a_key_does_what_both_it_and_its_user_may(admin: User, client: Client) -> None:
    _, text = services.create_api_key(admin, name="reader", permissions=["users:tenant:read"], now=timezone.now())

    assert client.get("/api/v1/users/", headers=_with(text)).status_code == 200
    assert client.get("/api/v1/roles/", headers=_with(text)).status_code == 403
    new = {"email": "new@acme.example"}
    assert client.post("/api/v1/users/", new, "application/json", headers=_with(text)).status_code == 403


def test_a_keys_scope_narrows_what_its_user_sees(admin: User, analyst: User, client: Client) -> None:
    _, text = services.create_api_key(admin, name="me", permissions=["users:own:read"], now=timezone.now())

    listed = client.get("/api/v1/users/", headers=_with(text)).json()["results"]

    assert [one["email"] for one in listed] == [admin.email]
    assert client.get(f"/api/v1/users/{analyst.pk}/", headers=_with(text)).status_code == 404


def test_a_narrow_key_cannot_make_a_wider_one(admin: User, client: Client) -> None:
    _, text = services.create_api_key(admin, name="maker", permissions=["api-keys:tenant:create"], now=timezone.now())

    answer = client.post("/api/v1/api-keys/", {"name": "wide"}, "application/json", headers=_with(text))

    assert (answer.status_code, answer.json()["code"]) == (403, "not_yours_to_give")


def test_a_key_cannot_have_what_its_user_has_not(analyst: User, now: Any) -> None:
    with pytest.raises(services.grants.NotYoursToGive):
        services.create_api_key(analyst, name="more", permissions=["users:tenant:manage"], now=now)


@pytest.mark.parametrize(
    "text", ["models:*", "models::read", "model*:tenant:read", "models\uff1atenant\uff1aread", "Models:tenant:read"]
)
def test_a_permission_with_a_typing_error_is_refused(admin: User, now: Any, text: str) -> None:
    with pytest.raises(Invalid):
        services.create_api_key(admin, name="typo", permissions=[text], now=now)


@pytest.mark.parametrize("days", [0, -1, 366])
def test_every_key_ends_within_a_year(admin: User, now: Any, days: int) -> None:
    with pytest.raises(Invalid):
        services.create_api_key(admin, name="k", expires_at=now + timedelta(days=days), now=now)


def test_the_secret_is_shown_once(admin: User, key: str, client: Client) -> None:
    made = client.post("/api/v1/api-keys/", {"name": "once"}, "application/json", headers=_with(key))
    again = client.get(f"/api/v1/api-keys/{made.json()['id']}/", headers=_with(key))

    assert made.status_code == 201
    assert client.get("/api/v1/users/", headers=_with(made.json()["key"])).status_code == 200
    assert "key" not in again.json()


def test_revoking_ends_a_key_at_once(admin: User, key: str, client: Client) -> None:
    other, text = services.create_api_key(admin, name="other", now=timezone.now())

    answer = client.post(f"/api/v1/api-keys/{other.pk}/revoke/", None, "application/json", headers=_with(key))

    assert answer.json()["revoked_at"] is not None
    assert client.get("/api/v1/users/", headers=_with(text)).status_code == 401


def test_use_is_noted_at_most_once_a_minute_and_authentication_is_one_query(
    key: str, admin: User, client: Client
) -> None:
    client.get("/api/v1/users/", headers=_with(key))
    first = ApiKey.objects.get().last_used_at

    with CaptureQueriesContext(connection) as queries:
        assert client.get("/api/v1/users/", headers=_with(key)).status_code == 200

    assert first is not None
    assert ApiKey.objects.get().last_used_at == first
    assert sum("accounts_apikey" in query["sql"] for query in queries) == 1
    assert len(queries) <= 6


@pytest.mark.requirement("SEC-AUTH-002")
def test_lists_cost_the_same_whatever_their_length(
    key: str, client: Client, make_user: Callable[..., User], django_assert_max_num_queries: Any
) -> None:
    User.objects.bulk_create([User(email=f"u{n}@acme.example", created_at=timezone.now()) for n in range(60)])
    client.get("/api/v1/users/", headers=_with(key))

    for path in ("users", "roles", "grants", "api-keys", "audit-entries", "settings"):
        with django_assert_max_num_queries(6):
            assert client.get(f"/api/v1/{path}/", headers=_with(key)).status_code == 200


def test_a_browsers_session_needs_the_token_against_forged_requests(admin: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin)

    assert client.get("/api/v1/users/", headers=ACME).status_code == 200
    refused = client.post(
        "/api/v1/roles/", {"code": "x", "name": "X", "permissions": []}, "application/json", headers=ACME
    )
    assert refused.status_code == 403


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_command_prints_the_key_alone(admin: User, capsys: pytest.CaptureFixture[str], client: Client) -> None:
    from django.core.management import call_command

    call_command("create_api_key", "--tenant", "acme", "--user", "ADMIN@acme.example", "--name", "ci")

    text = capsys.readouterr().out.strip()
    assert keys.prefix_of(text) is not None
    assert client.get("/api/v1/users/", headers=_with(text)).status_code == 200


@pytest.mark.django_db(databases=["default", "owner"])
@pytest.mark.parametrize("who", ["nobody@acme.example", "closed@acme.example"])
def test_the_command_refuses_an_unknown_user_in_one_sentence(
    who: str, acme: Any, now: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    from django.core.management import call_command

    User.objects.create(email="closed@acme.example", is_active=False, created_at=now)

    with pytest.raises(SystemExit) as end:
        call_command("create_api_key", "--tenant", "acme", "--user", who, "--name", "ci")

    assert end.value.code == 1
    assert capsys.readouterr().err.strip() == f"There is no user {who} in acme."


def test_equal_keys_of_two_tenants_stay_two(admin: User, beta: Any, stranger: User, now: Any) -> None:
    _, ours = services.create_api_key(admin, name="a", now=now)
    with tenant_context(beta):
        _, theirs = services.create_api_key(stranger, name="a", now=now)
        assert not ApiKey.objects.filter(prefix=keys.prefix_of(ours)).exists()

    assert ours != theirs


@pytest.mark.requirement("SEC-AUTH-002")
def test_a_key_of_one_scope_reaches_nothing_that_its_user_has_by_another(admin: User) -> None:
    authz.remember(admin, [(["campaigns:own:read", "campaigns:assigned:read"], None)])
    authz.narrow(admin, ApiKey(permissions=["campaigns:assigned:read"]))

    assert [one.scope for one in authz.relevant(admin, "campaigns:read")] == ["assigned"]
    authz.narrow(admin, ApiKey(permissions=["campaigns:model:read"]))
    assert not authz.somewhere(admin, "campaigns:read")


def test_a_key_to_everything_reaches_what_its_user_reaches(admin: User) -> None:
    authz.remember(admin, [(["campaigns:own:read"], None)])
    authz.narrow(admin, ApiKey(permissions=["campaigns:tenant:read"]))

    assert [one.scope for one in authz.relevant(admin, "campaigns:read")] == ["own"]


@pytest.mark.requirement("DB-002")
@pytest.mark.parametrize("made", ["now", "before"])
def test_a_key_is_good_at_its_own_tenant_alone_even_with_equal_rows(
    admin: User, acme: Any, beta: Any, client: Client, made: str
) -> None:
    """As in a tenant restored from the dump of another. One of before digests were so is once it is used."""
    key, text = services.create_api_key(admin, name="k", now=timezone.now())
    if made == "before":
        ApiKey.objects.filter(pk=key.pk).update(digest=crypto.token_digest(text))
    assert client.get("/api/v1/users/", headers=_with(text)).status_code == 200
    email, stored = str(admin.email), bytes(ApiKey.objects.get().digest)
    with tenant_context(beta):
        copied = User.objects.create(pk=admin.pk, email=email, created_at=admin.created_at)
        services.grant_role(copied, Role.objects.get(code="tenant_admin"), acting_user=None, now=timezone.now())
        ApiKey.objects.create(
            pk=key.pk,
            user=copied,
            prefix=key.prefix,
            digest=stored,
            created_at=key.created_at,
            expires_at=key.expires_at,
        )

    assert client.get("/api/v1/users/", headers=_with(text)).status_code == 200
    assert client.get("/api/v1/users/", headers={**_with(text), "host": "beta.localhost"}).status_code == 401
    assert client.get("/api/v1/users/", headers=_with(_forged(text))).status_code == 401


def test_a_wrong_key_costs_as_much_as_a_right_one_of_before(admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = services.create_api_key(admin, name="k", now=timezone.now())
    compared: list[bytes] = []

    def compare(digest: bytes, other: bytes) -> bool:
        compared.append(other)
        return digest == other

    monkeypatch.setattr("apps.accounts.keys.hmac.compare_digest", compare)
    found = [keys.fits(text, digest) for digest in (keys.digest_of(text), crypto.token_digest(text), b"\0" * 32)]

    assert found == [True, True, False]
    assert compared == [keys.digest_of(text), crypto.token_digest(text)] * 3
