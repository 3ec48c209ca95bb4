from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from apps.accounts import services
from apps.accounts.models import ApiKey, Grant, Role, User
from apps.audit.models import AuditEntry
from apps.configuration import services as configuration
from apps.core.fields import EncryptedTextField

ACME = {"host": "acme.localhost"}
JSON = "application/json"
COLLECTIONS = ("users", "roles", "grants", "api-keys", "audit-entries", "settings")


@pytest.fixture
def api(admin: User, client: Client) -> Client:
    client.force_login(admin)
    return client


def _post(api: Client, path: str, body: Any = None, **headers: str) -> Any:
    return api.post(f"/api/v1/{path}", body if body is not None else {}, JSON, headers={**ACME, **headers})


def _get(api: Client, path: str) -> Any:
    return api.get(f"/api/v1/{path}", headers=ACME)


@pytest.mark.requirement("SEC-AUTH-002")
@pytest.mark.parametrize("collection", COLLECTIONS)
def test_nobody_is_told_anything_without_signing_in_or_without_a_role(
    analyst: User, client: Client, collection: str
) -> None:
    stranger = _get(client, f"{collection}/")
    client.force_login(analyst)

    assert (stranger.status_code, stranger["WWW-Authenticate"]) == (401, "Bearer")
    assert _get(client, f"{collection}/").status_code == 403
    assert AuditEntry.objects.filter(action="permission.denied", actor=str(analyst.pk)).exists()


@pytest.mark.requirement("UC-001")
def test_an_account_is_made_with_a_first_password_shown_once(api: Client, client: Client) -> None:
    made = _post(api, "users/", {"email": "new@acme.example", "name": "New", "language": "fr"})

    assert made.status_code == 201
    body = made.json()
    assert User.objects.at("new@acme.example").get().check_password(body["initial_password"])
    shown = _get(api, f"users/{body['id']}/")
    assert "initial_password" not in shown.json()
    assert (shown.json()["name"], shown.json()["language"], shown.json()["is_active"]) == ("New", "fr", True)


@pytest.mark.requirement("PERF-001")
def test_what_a_page_shows_is_decrypted_together(
    api: Client, admin: User, analyst: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_by_one: list[str] = []
    decrypted = EncryptedTextField.decrypted

    def note(field: Any, stored: bytes, row: Any) -> Any:
        one_by_one.append(field.name)
        return decrypted(field, stored, row)

    monkeypatch.setattr(EncryptedTextField, "decrypted", note)
    page = _get(api, "users/").json()["results"]

    assert {row["email"] for row in page} >= {"admin@acme.example", "ada@acme.example"}
    assert "email" not in one_by_one


def test_state_and_address_are_not_changed_by_sending_them(api: Client, analyst: User) -> None:
    address = f"/api/v1/users/{analyst.pk}/"
    refused = api.patch(address, {"is_active": False, "is_staff": True, "name": "Ada"}, JSON, headers=ACME)
    moved = api.patch(address, {"email": "other@acme.example"}, JSON, headers=ACME)

    assert refused.status_code == 422
    wrong = {one["pointer"]: one["code"] for one in refused.json()["errors"]}
    assert wrong == {"/is_active": "read_only", "/is_staff": "unknown_key"}
    assert _get(api, f"users/{analyst.pk}/").json()["name"] != "Ada"
    assert (moved.status_code, moved.json()["errors"][0]["pointer"]) == (422, "/email")


def test_closing_and_opening_an_account(api: Client, analyst: User, now: Any) -> None:
    key, _ = services.create_api_key(analyst, name="k", now=timezone.now())

    assert _post(api, f"users/{analyst.pk}/deactivate/").json()["is_active"] is False
    assert ApiKey.objects.get(pk=key.pk).revoked_at is not None
    assert _post(api, f"users/{analyst.pk}/activate/").json()["is_active"] is True


def test_a_password_is_reset_to_a_random_one(api: Client, analyst: User) -> None:
    body = _post(api, f"users/{analyst.pk}/reset-password/").json()

    assert User.objects.get(pk=analyst.pk).check_password(body["initial_password"])


def test_the_last_administrator_cannot_be_closed(api: Client, admin: User) -> None:
    refused = _post(api, f"users/{admin.pk}/deactivate/")

    assert (refused.status_code, refused.json()["code"]) == (409, "last_administrator")


def test_a_taken_address_is_a_conflict(api: Client, analyst: User) -> None:
    refused = _post(api, "users/", {"email": analyst.email.upper()})

    assert (refused.status_code, refused.json()["code"]) == (409, "email_taken")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/email"),
        ({"email": "no address"}, "/email"),
        ({"email": "a@b.example", "language": "tlh"}, "/language"),
        ({"email": "a@b.example", "name": "x" * 201}, "/name"),
        ([], ""),
    ],
)
def test_what_is_wrong_is_pointed_at(api: Client, body: Any, pointer: str) -> None:
    refused = _post(api, "users/", body)

    assert refused.status_code == 422
    assert pointer in [error["pointer"] for error in refused.json()["errors"]]


@pytest.mark.requirement("SEC-AUTH-002")
def test_roles_and_grants_through_the_api(api: Client, analyst: User) -> None:
    role = _post(
        api, "roles/", {"code": "auditor", "name": "Auditor", "permissions": ["audit-entries:tenant:read"]}
    ).json()
    grant = _post(api, "grants/", {"user": str(analyst.pk), "role": role["id"]}).json()
    assert grant["role_code"] == "auditor"
    assert [one["id"] for one in _get(api, f"grants/?user={analyst.pk}").json()["results"]] != []

    reader = Client()
    reader.force_login(analyst)
    assert _get(reader, "audit-entries/").status_code == 200

    assert api.delete(f"/api/v1/grants/{grant['id']}/", headers=ACME).status_code == 204
    assert _get(reader, "audit-entries/").status_code == 403
    assert api.delete(f"/api/v1/roles/{role['id']}/", headers=ACME).status_code == 204


def test_a_role_with_a_typing_error_is_refused(api: Client) -> None:
    refused = _post(api, "roles/", {"code": "typo", "name": "Typo", "permissions": ["models:tenant:raed"]})

    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/permissions")


def test_a_role_of_the_product_stays(api: Client) -> None:
    role = Role.objects.get(code="stakeholder")

    refused = api.patch(f"/api/v1/roles/{role.pk}/", {"name": "Mine"}, JSON, headers=ACME)

    assert (refused.status_code, refused.json()["code"]) == (409, "system_role")


def test_a_stale_write_is_refused(api: Client, analyst: User) -> None:
    address = f"/api/v1/users/{analyst.pk}/"
    etag = api.get(address, headers=ACME)["ETag"]

    first = api.patch(address, {"name": "One"}, JSON, headers={**ACME, "if-match": etag})
    second = api.patch(address, {"name": "Two"}, JSON, headers={**ACME, "if-match": etag})

    assert (first.status_code, second.status_code) == (200, 412)
    assert api.get(address, headers={**ACME, "if-none-match": first["ETag"]}).status_code == 304


def test_a_repeated_request_makes_one_key_and_gets_the_same_answer(api: Client) -> None:
    first = _post(api, "api-keys/", {"name": "once"}, **{"idempotency-key": "a-1"})
    again = _post(api, "api-keys/", {"name": "once"}, **{"idempotency-key": "a-1"})

    assert first.json() == again.json()
    assert ApiKey.objects.count() == 1


@pytest.mark.requirement("DB-002", "SEC-AUTH-002")
def test_another_tenants_objects_are_not_there(api: Client, stranger: User, beta: Any) -> None:
    with tenant_context(beta):
        key, _ = services.create_api_key(stranger, name="theirs", now=timezone.now())
        role = services.create_role("theirs", name="Theirs", permissions=[], acting_user=None, now=timezone.now())
        theirs = {
            "users": stranger.pk,
            "api-keys": key.pk,
            "roles": role.pk,
            "grants": Grant.objects.get(user=stranger).pk,
            "audit-entries": AuditEntry.objects.filter(tenant="beta").values_list("pk", flat=True)[0],
        }

    for collection, pk in theirs.items():
        assert _get(api, f"{collection}/{pk}/").status_code == 404, collection
        assert str(pk) not in _get(api, f"{collection}/").content.decode(), collection
        assert api.delete(f"/api/v1/{collection}/{pk}/", headers=ACME).status_code in (404, 405), collection
    for action in ("deactivate", "reset-password"):
        assert _post(api, f"users/{stranger.pk}/{action}/").status_code == 404
    assert _post(api, "grants/", {"user": str(stranger.pk), "role": str(role.pk)}).status_code == 422
    assert _post(api, "api-keys/", {"name": "x", "user": str(stranger.pk)}).status_code == 422


@pytest.mark.parametrize(
    "path", ["users/nonsense/", "users/0/", "roles/../users/", "settings/no.such.key/", "api-keys/x/revoke/"]
)
def test_an_address_that_leads_nowhere_is_404_in_problem_json(api: Client, path: str) -> None:
    answer = _get(api, path)

    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.requirement("UC-002")
def test_settings_are_listed_with_their_levels_and_set_one_by_one(api: Client) -> None:
    key = "api.rate.models"
    listed = {one["key"]: one for one in _get(api, "settings/").json()["results"]}
    assert [(one["level"], one["value"]) for one in listed[key]["levels"]] == [("default", 1000)]

    answer = api.put(f"/api/v1/settings/{key}/", {"value": 4000}, JSON, headers=ACME)

    configuration.forget()
    assert answer.status_code == 200
    shown = _get(api, f"settings/{key}/").json()
    assert (shown["value"], [one["level"] for one in shown["levels"]]) == (4000, ["default", "tenant"])


@pytest.mark.requirement("UC-002")
@pytest.mark.parametrize("value", ["many", 0, None, [1]])
def test_a_setting_that_does_not_fit_is_refused(api: Client, value: Any) -> None:
    answer = api.put("/api/v1/settings/api.rate.models/", {"value": value}, JSON, headers=ACME)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/value")


@pytest.mark.requirement("LOG-002")
def test_audit_entries_can_be_filtered_and_not_written(api: Client, analyst: User) -> None:
    _post(api, f"users/{analyst.pk}/deactivate/")

    found = _get(api, "audit-entries/?action=user.deactivated").json()["results"]

    assert [one["object_id"] for one in found] == [str(analyst.pk)]
    assert _post(api, "audit-entries/", {"action": "x"}).status_code == 405
    address = f"/api/v1/audit-entries/{found[0]['id']}/"
    assert api.patch(address, {}, JSON, headers=ACME).status_code == 405
    assert api.delete(address, headers=ACME).status_code == 405
