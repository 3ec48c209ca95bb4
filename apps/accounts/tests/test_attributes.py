"""What a tenant keeps of people besides, by a schema of its own: checked everywhere, encrypted, erased with them."""

import html
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from apps.accounts import attributes, services
from apps.accounts.attribute_schemas import LARGEST_ATTRIBUTES, problem_with
from apps.accounts.models import Invitation, Role, User
from apps.accounts.services.invitations import LINKS
from apps.accounts.tests.conftest import PASSWORD
from apps.audit.models import AuditEntry
from apps.configuration import services as configuration
from apps.core.errors import Invalid
from resimate_text.problems import MOST_PROBLEMS

pytestmark = pytest.mark.requirement("AUTH-001")

ACME = {"host": "acme.localhost"}
SCHEMA = {
    "type": "object",
    "properties": {
        "department": {"type": "string", "title": "Department", "maxLength": 20},
        "floor": {"type": "integer", "minimum": 0},
        "badge": {"type": "string", "readOnly": True},
        "tags": {"type": "array", "items": {"enum": ["lead", "new"]}},
    },
}


def _declare(schema: dict[str, Any] = SCHEMA) -> None:
    configuration.change("users.attributes", schema, now=timezone.now())


@pytest.fixture
def ada(admin: User, analyst: User) -> User:
    _declare()
    kept = {"department": "Bridges", "floor": 2, "badge": "B-7", "tags": ["lead"]}
    return services.change_attributes(analyst, kept, acting_user=admin, now=timezone.now())


def _browser(user: User) -> Client:
    client = Client(headers=ACME)
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"properties": {"a": {"$ref": "https://evil.example/"}}}, "$ref"),
        ({"properties": {"a": {"type": "string", "pattern": "(a+)+$"}}}, "pattern"),
        ({"properties": {"a": {"items": {"anyOf": [{}]}}}}, "anyOf"),
        ({"additionalProperties": {"$ref": "https://evil.example/"}}, "$ref"),
        ({"type": "array"}, "object"),
        ({"properties": {"a": {"type": "wish"}}}, "JSON Schema"),
        ({"properties": 5}, "object"),
        ({"properties": {"a b": {}}}, "a b"),
        ({"properties": {f"a{number}": {} for number in range(51)}}, "50"),
        ({"title": "x" * 20_000}, "16384"),
        ({"properties": {"a": {"properties": {"b": {"items": {"items": {"items": {}}}}}}}}, "levels"),
    ],
)
def test_a_schema_is_small_and_leads_nowhere(schema: dict[str, Any], said: str) -> None:
    assert said in str(problem_with(schema))
    assert problem_with(SCHEMA) is None
    assert problem_with({"properties": {"a": {"properties": {"b": {"items": {"items": {}}}}}}}) is None
    assert problem_with({"properties": {f"a{number}": {} for number in range(50)}}) is None


def test_what_does_not_fit_is_refused_by_a_pointer_everywhere(ada: User, admin: User) -> None:
    wrong, browser = {"department": "x" * 21, "floor": -1, "shoe": 44}, _browser(admin)

    with pytest.raises(Invalid) as refused:
        services.change_attributes(ada, wrong, acting_user=admin, now=timezone.now())
    answer = browser.patch(f"/api/v1/users/{ada.pk}/", {"attributes": wrong}, "application/json")
    page = browser.post(f"/admin/accounts/user/{ada.pk}/change/", {"language": "en", "attributes": '{"floor": -1}'})
    listed = services.people_in("email,role,Department,floor\nbo@new.example,stakeholder,Bridges,first", language="en")
    with pytest.raises(Invalid) as by_list:
        services.import_users(listed[0], acting_user=admin, now=timezone.now(), dry_run=True)

    pointers = {"/attributes", "/attributes/department", "/attributes/floor"}
    assert {one.pointer for one in refused.value.errors} == pointers
    assert (answer.status_code, {one["pointer"] for one in answer.json()["errors"]}) == (422, pointers)
    assert "floor: At least 0; not -1." in page.content.decode()
    assert [one.pointer for one in by_list.value.errors] == ["/csv/2/attributes/floor"]
    assert User.objects.get(pk=ada.pk).attributes["floor"] == 2


def test_owners_change_their_own_but_for_what_is_the_administrators(ada: User) -> None:
    browser = _browser(ada)
    shown = browser.get("/account/").content.decode()
    saved = browser.post(
        "/account/", {"change": "attributes", "attributes-department": "Roads", "attributes-badge": "forged"}
    )
    wrong = browser.post("/account/", {"change": "attributes", "attributes-floor": "-1"})
    with pytest.raises(Invalid, match="administrator"):
        services.change_attributes(ada, {"badge": "forged"}, acting_user=ada, now=timezone.now())

    assert "Department" in shown
    assert (saved.status_code, wrong.status_code) == (302, 422)
    assert "At least 0" in wrong.content.decode()
    assert User.objects.get(pk=ada.pk).attributes == {"department": "Roads", "badge": "B-7", "tags": ["lead"]}
    entry = AuditEntry.objects.filter(action="user.changed").order_by("-id").first()
    assert entry is not None
    assert entry.details == {"attributes": ["department", "floor"]}


def test_another_schema_keeps_what_is_there_and_says_what_no_longer_fits(ada: User, admin: User) -> None:
    _declare({"properties": {"floor": {"type": "string"}, "department": {"type": "string"}}})
    shown = _browser(admin).get(f"/api/v1/users/{ada.pk}/").json()
    renamed = _browser(admin).patch(f"/api/v1/users/{ada.pk}/", {"name": "Ada L."}, "application/json")

    assert shown["attributes"] == {"department": "Bridges", "floor": 2, "badge": "B-7", "tags": ["lead"]}
    assert {one["pointer"] for one in shown["misfits"]} == {"/attributes", "/attributes/floor"}
    assert renamed.status_code == 200
    assert "floor: Give a text." in _browser(ada).get("/account/").content.decode()


def test_what_is_required_is_not_called_optional_and_said_to_be_missing(ada: User) -> None:
    given = {name: {"type": "string", "title": name.title()} for name in ("department", "office", "badge")}
    _declare({"properties": {**given, "free": True}, "required": ["department", "office", "free"]})
    shown = _browser(ada).get("/account/").content.decode()

    assert "Office, free is missing." in shown
    asked = {one: shown.partition(f'for="id_attributes-{one}"')[2].partition("</label>")[0] for one in given}
    assert {one for one, label in asked.items() if "(optional)" in label} == {"badge"}
    with pytest.raises(Invalid) as refused:
        services.change_attributes(ada, {"department": "Roads"}, acting_user=ada, now=timezone.now())
    assert refused.value.errors[0].detail == "Office, free is missing."


def test_they_are_ciphertext_exported_and_gone_with_the_person(ada: User, admin: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT attributes FROM accounts_user WHERE id = %s", [ada.pk])
        stored = bytes(cursor.fetchone()[0])
    export: Any = _browser(admin).get("/api/v1/users/export/?format=csv")
    exported = b"".join(export.streaming_content)
    services.erase_user(ada, acting_user=None, now=timezone.now())

    assert b"Bridges" not in stored
    assert b"Bridges" in exported
    assert User.objects.get(pk=ada.pk).attributes == {}


def test_who_is_imported_has_them_once_they_accept(admin: User) -> None:
    _declare()
    persons, _notes = services.people_in(
        "email,role,Department,floor\nbo@new.example,stakeholder,Bridges,3", language="en"
    )
    services.import_users(persons, acting_user=admin, now=timezone.now(), dry_run=False)
    token = LINKS.token_for(Invitation.objects.get())
    bo = services.accept_invitation(token, name="Bo", password=PASSWORD, now=timezone.now())

    assert "Department" not in services.lines_of(persons)
    assert services.people_in(services.lines_of(persons), language="en")[0][0].attributes == persons[0].attributes
    assert User.objects.get(pk=bo.pk).attributes == {"department": "Bridges", "floor": 3}


def test_what_one_tenant_declares_holds_at_no_other(ada: User, beta: Any, make_user: Callable[..., User]) -> None:
    with tenant_context(beta):
        boss = make_user("boss@beta.example", "tenant_admin")
        with pytest.raises(Invalid):
            services.change_attributes(boss, {"floor": 1}, acting_user=boss, now=timezone.now())
        assert not attributes.properties()
        assert Role.objects.exists()


FIXED: dict[str, Any] = {
    "properties": {
        "desk": {"properties": {"floor": {"type": "integer"}, "rent": {"type": "integer", "readOnly": True}}},
        "grades": {"items": {"properties": {"mark": {"readOnly": True}, "note": {}}}},
        "badge": {"type": "string", "readOnly": True},
    },
    "additionalProperties": {"readOnly": True},
}
KEPT = {"desk": {"floor": 1, "rent": 5}, "grades": [{"mark": 1}], "badge": " B-7 "}


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"desk": {"floor": 2, "rent": 4}}, "/attributes/desk/rent"),
        ({"desk": {"floor": 2}}, "/attributes/desk/rent"),
        ({"desk": None}, "/attributes/desk/rent"),
        ({"grades": [{"mark": 1}, {"mark": 1}]}, "/attributes/grades/1/mark"),
        ({"grades": []}, "/attributes/grades/0/mark"),
        ({"badge": "B-8"}, "/attributes/badge"),
        ({"rank": 1}, "/attributes/rank"),
    ],
)
def test_owners_change_nothing_that_is_fixed_within_what_is_not(
    admin: User, analyst: User, said: dict[str, Any], pointer: str
) -> None:
    _declare(FIXED)
    ada = services.change_attributes(analyst, KEPT, acting_user=admin, now=timezone.now())
    free = {**KEPT, "desk": {"floor": 2, "rent": 5}, "grades": [{"mark": 1, "note": "x"}]}
    values = {name: one for name, one in {**KEPT, **said}.items() if one is not None}

    with pytest.raises(Invalid) as refused:
        services.change_attributes(ada, values, acting_user=ada, now=timezone.now())
    assert [one.pointer for one in refused.value.errors] == [pointer]
    services.change_attributes(ada, free, acting_user=ada, now=timezone.now())
    services.change_attributes(ada, values, acting_user=admin, now=timezone.now())


def test_what_a_form_lets_nobody_change_it_sends_as_it_is(admin: User, analyst: User) -> None:
    _declare({"properties": {**FIXED["properties"], "floor": {"type": "integer"}}})
    services.change_attributes(analyst, KEPT, acting_user=admin, now=timezone.now())
    saved = _browser(analyst).post("/account/", {"change": "attributes", "attributes-floor": "3"})

    assert saved.status_code == 302
    assert User.objects.get(pk=analyst.pk).attributes == {**KEPT, "floor": 3}


@pytest.mark.parametrize("value", ["NaN", "1e999", "-Infinity", r'"\u0000"', r'"\ud800"', "[" * 201 + "]" * 201])
def test_what_no_json_can_say_again_is_refused_on_pages_with_what_was_typed(ada: User, admin: User, value: str) -> None:
    browser, schema = _browser(admin), f'{{"properties": {{"floor": {{"const": {value}}}}}}}'
    page = browser.post("/admin/configuration/setting/users.attributes/change/", {"value": schema})
    kept = {"language": "en", "attributes": f'{{"floor": {value}}}'}
    account = browser.post(f"/admin/accounts/user/{ada.pk}/change/", kept)

    for one, typed in ((page, schema), (account, kept["attributes"])):
        assert one.status_code == 200
        assert html.escape(typed) in one.content.decode().replace("&#x27;", "&#39;")
    assert attributes.schema()["properties"] == SCHEMA["properties"]


def test_values_as_deep_as_they_may_be_are_compared(ada: User, admin: User) -> None:
    deep = "[" * 190 + "%s" + "]" * 190
    _declare({"properties": {"floor": {"const": json.loads(deep % 1)}}})
    posted = [
        _browser(admin).patch(
            f"/api/v1/users/{ada.pk}/", f'{{"attributes": {{"floor": {deep % one}}}}}', "application/json"
        )
        for one in (1, 2)
    ]
    assert [one.status_code for one in posted] == [200, 422]


def test_of_what_does_not_fit_as_much_is_said_as_anybody_reads(ada: User) -> None:
    """Else one request of 8 KB makes sentences of 45 MB."""
    _declare({"properties": {"tags": {"items": {"enum": [f"job{number:04d}" for number in range(1400)]}}}})
    found = attributes.misfit({"tags": [1] * 2000})

    assert len(found) == MOST_PROBLEMS
    assert max(len(str(one.detail)) for one in found) < 500


def test_administrators_change_their_own_as_those_of_others_and_nobody_keeps_more_than_there_is_room_for(
    admin: User,
) -> None:
    _declare({"properties": {"badge": {"type": "string", "readOnly": True}}})
    changed = services.change_attributes(admin, {"badge": "B-1"}, acting_user=admin, now=timezone.now())
    most = "x" * (LARGEST_ATTRIBUTES - len('{"badge": ""}'))

    assert changed.attributes == {"badge": "B-1"}
    assert [[one.code for one in attributes.misfit({"badge": text})] for text in (most, f"{most}x")] == [
        [],
        ["too_large"],
    ]


def test_who_was_invited_joins_whatever_has_become_of_the_schema(admin: User) -> None:
    _declare()
    role = Role.objects.get(code="stakeholder")
    kept = {"department": "Bridges"}
    services.invite("bo@new.example", roles=[role], attributes=kept, acting_user=admin, now=timezone.now())
    _declare({"properties": {"department": {"type": "integer"}}, "required": ["department"]})
    bo = services.accept_invitation(
        LINKS.token_for(Invitation.objects.get()), name="Bo", password=PASSWORD, now=timezone.now()
    )

    assert not User.objects.get(pk=bo.pk).attributes
