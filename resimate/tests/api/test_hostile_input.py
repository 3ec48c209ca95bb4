"""Whatever is sent to whatever address, the answer is a problem that says where, never a fault."""

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest
from django.db import DataError, OperationalError
from django.test import RequestFactory

from apps.core.json_values import DEPTH
from apps.models.models import Assessment
from apps.models.tests.conftest import Api
from resimate.tests.api.addresses import views

pytestmark = pytest.mark.requirement("CMS-001")

PROBLEM = "application/problem+json"
BODIES = {
    "a list": (b"[]", {422}),
    "a list of lists": (b"[[]]", {422}),
    "a text": (b'"x"', {422}),
    "a number": (b"7", {422}),
    "null": (b"null", {422}),
    "a NUL in a value": (b'{"name": "a\\u0000"}', {422}),
    "a NUL in a name": (b'{"\\u0000": 1}', {422}),
    "half a surrogate pair": (b'{"name": "\\ud800"}', {400}),
    "nothing but a brace": (b"{", {400}),
    "no UTF-8": (b'{"name": "\xff"}', {400}),
    "UTF-16": ('{"name": "x"}'.encode("utf-16"), {400}),
    "a number beyond the doubles": (b'{"name": 1e400}', {400}),
    "a whole number beyond the doubles": (b'{"name": 1' + b"0" * 400 + b"}", {400}),
    "NaN": (b'{"name": NaN}', {400}),
    "nested 10,000 deep": (b"[" * 10_000 + b"]" * 10_000, {400}),
    "nested 300 deep": (b'{"name": ' + b"[" * 300 + b"]" * 300 + b"}", {400}),
}


def _taking_bodies() -> list[tuple[str, str]]:
    """Addresses whose body is read before anything is looked up."""
    # The first look their object up before, the next take no JSON, and the last takes nothing at all.
    skipped = ("/import/", "files/", "uploads/", "keys/verify/")
    return [
        ("POST", path)
        for path, view in views("POST")
        if "00000000-" not in path and hasattr(view, "resource") and not path.endswith(skipped)
    ]


@pytest.mark.parametrize("body", BODIES)
def test_no_body_breaks_a_collection(api: Api, body: str) -> None:
    content, allowed = BODIES[body]

    answers = {path: api.post(path, content) for _, path in _taking_bodies()}

    assert len(answers) > 10
    wrong = {path: (answer.status_code, answer.content[:300]) for path, answer in answers.items()}
    assert {path: wrong[path] for path, answer in answers.items() if answer.status_code not in allowed} == {}
    assert {answer["Content-Type"] for answer in answers.values()} == {PROBLEM}


def test_a_nul_is_pointed_at_wherever_it_stands(api: Api) -> None:
    body = b'{"code": "a", "a/b": [1, {"~": "x\\u0000y"}], "k\\u0000": 1, "plain": "\\\\u0000"}'

    answer = api.post("subjects/", body)

    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/a~1b/1/~0", "/k\0"]
    assert {one["code"] for one in answer.json()["errors"]} == {"bad_text"}


def test_backslashes_before_u0000_are_no_nul(api: Api) -> None:
    assert api.post("subjects/", b'{"code": "back", "name": "\\\\u0000"}').status_code == 201


def test_a_nul_in_a_query_is_pointed_at_everywhere(api: Api) -> None:
    answers = {path: api.get(f"{path}?q=%00&other=1") for path, _ in views("GET") if "schemas" not in path}

    assert len(answers) > 20
    assert {path: answer.status_code for path, answer in answers.items() if answer.status_code != 422} == {}
    assert {answer.json()["errors"][0]["pointer"] for answer in answers.values()} == {"/q"}


@pytest.mark.parametrize("value", ["%ED%A0%80", "%FF", "%F0%9F%98%80", "x" * 3000, "%25", "_", "'", "\\"])
@pytest.mark.parametrize(
    "path",
    [
        "campaigns/?q=",
        "campaigns/?status=",
        "stakeholders/?email=",
        "stakeholders/?group=",
        "messages/?kind=",
        "messages/?state=",
        "audit-entries/?action=",
        "audit-entries/?object_id=",
        "subjects/?code=",
        "assessments/?period=",
    ],
)
def test_odd_text_finds_nothing(api: Api, path: str, value: str) -> None:
    answer = api.get(path + quote(value, safe="%"))

    assert answer.status_code in (200, 422)


def _lists() -> list[str]:
    return [
        path
        for path, view in views("GET")
        if hasattr(view, "list") and "00000000-" not in path and path.count("/") == 1 and path != "settings/"
    ]


@pytest.mark.parametrize("position", ["p=x", "p=", "p=%00", "p=7", f"p={'9' * 400}", "r=1&p=x", "o=x&p=' OR 1"])
def test_a_cursor_that_names_no_row_is_pointed_at_in_every_list(api: Api, position: str) -> None:
    cursor = quote(base64.b64encode(position.encode()).decode())

    answers = {path: api.get(f"{path}?cursor={cursor}") for path in _lists()}

    assert len(answers) >= 10
    wrong = {path: answer.status_code for path, answer in answers.items() if answer.status_code != 422}
    assert wrong == {}
    assert {answer.json()["errors"][0]["pointer"] for answer in answers.values()} == {"/cursor"}


@pytest.mark.parametrize("cursor", ["x", "%00", "====", "%C3%A4", "cD0=%0A", "-_-_"])
def test_a_cursor_that_cannot_be_read_is_no_fault(api: Api, cursor: str) -> None:
    assert {api.get(f"{path}?cursor={cursor}").status_code for path in _lists()} <= {200, 422}


def test_a_body_beyond_the_limit_is_refused_everywhere(api: Api, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    body = json.dumps({"name": "x" * 1000})

    answers = {path: api.post(path, body) for _, path in _taking_bodies()}

    assert {path: answer.status_code for path, answer in answers.items() if answer.status_code != 413} == {}
    assert {answer.json()["code"] for answer in answers.values()} == {"too_large"}


def test_a_body_beyond_the_limit_is_refused_when_it_comes_with_a_key(api: Api, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    assert api.post("subjects/", {"name": "x" * 1000}, Idempotency_Key="k").status_code == 413


def test_a_byte_order_mark_is_passed_over(api: Api) -> None:
    assert api.post("subjects/", b'\xef\xbb\xbf{"code": "bom", "name": "x"}').status_code == 201


def test_of_a_name_that_comes_twice_the_last_one_counts(api: Api) -> None:
    assert api.post("subjects/", b'{"code": "a", "code": "b", "name": "x"}').json()["code"] == "b"


def test_json_may_be_nested_as_deep_as_it_can_be_written_again(api: Api, assessment: Assessment) -> None:
    lists = DEPTH - 2

    deep = api.put("settings/api.rate.models/", b'{"value": ' + b"[" * lists + b"]" * lists + b"}")
    deeper = api.put("settings/api.rate.models/", b'{"value": ' + b"[" * (DEPTH + 1) + b"]" * (DEPTH + 1) + b"}")

    assert (deep.status_code, deeper.status_code) == (422, 400)


def test_brackets_in_texts_are_not_nesting(api: Api) -> None:
    assert api.post("subjects/", {"code": "b", "name": "[{" * 90}).status_code == 201
    assert api.post("subjects/", [{"code": f"c{n}", "name": "[[["} for n in range(300)]).status_code == 201


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("subjects/", {"code": "x" * 101, "name": "x"}, "/code"),
        ("subjects/", {"code": "x", "name": "x" * 1_000_000}, "/name"),
        ("subjects/", {"code": "x", "name": "x", "group": "x" * 101}, "/group"),
        ("subjects/", {"code": ["x"], "name": {}}, "/code"),
        ("stakeholders/", {"name": "x", "email": "x" * 300 + "@example.org"}, "/email"),
        ("stakeholders/", {"name": "x" * 201, "email": "x@example.org"}, "/name"),
        ("users/", {"email": "x", "name": "x"}, "/email"),
        ("roles/", {"code": "x" * 61, "name": "x", "permissions": []}, "/code"),
        ("roles/", {"code": "x", "name": "x", "permissions": [["x"]]}, "/permissions/0"),
        ("roles/", {"code": "x", "name": "x", "permissions": {"0": "x"}}, "/permissions"),
        ("grants/", {"user": 7, "role": 10**18}, "/user"),
        ("api-keys/", {"name": "x", "expires_at": "9999-12-31T23:59:59-23:59"}, "/expires_at"),
        ("api-keys/", {"name": "x", "expires_at": -0.0}, "/expires_at"),
        ("api-keys/", {"name": "x", "user": {"id": 1}}, "/user"),
        ("campaigns/", {"name": "x" * 10_000, "version": 1e300, "subject": -1}, "/name"),
        ("campaigns/", {"closes_at": "0000-00-00T00:00:00Z"}, "/closes_at"),
    ],
)
def test_a_value_that_cannot_be_is_pointed_at(api: Api, path: str, body: Any, pointer: str) -> None:
    answer = api.post(path, body)

    assert answer.status_code == 422
    assert pointer in [one["pointer"] for one in answer.json()["errors"]]


def test_a_key_for_replays_that_is_no_text_is_refused(api: Api) -> None:
    for key in ("x" * 256, "a\0b", "ä", "a\tb"):
        assert api.post("subjects/", {"code": "a", "name": "a"}, Idempotency_Key=key).status_code == 422


@pytest.mark.parametrize("name", ["accept", "accept-language", "if-match", "if-none-match", "authorization", "x-y"])
@pytest.mark.parametrize("value", ["\0", "\x7f", "\xff", "x" * 8000, ",;=,", '"', "*/*;q=x", "a/b/c;=", "zz-\0"])
def test_headers_break_nothing(api: Api, harbour: Any, name: str, value: str) -> None:
    answer = api.get(f"subjects/{harbour.pk}/", **{name: value})

    assert answer.status_code in (200, 401, 406, 412)


@pytest.mark.parametrize("value", ["", "\0", "/", ";;;", "application", "a/b/c", "text/plain", "x" * 8000])
def test_other_content_types_are_not_taken(api: Api, value: str) -> None:
    answer = api.client.generic("POST", "/api/v1/subjects/", b"{}", content_type=value, headers=api.headers)

    assert (answer.status_code, answer["Content-Type"]) == (415, PROBLEM)


@pytest.mark.parametrize(
    "content_type",
    [
        *(
            f"application/json; charset={name}"
            for name in ("hex", "idna", "undefined", "punycode", "utf-16", "none", '"')
        ),
        "application/json; charset=\0",
        "application/json; charset*=hex''x",
        "application/json; charset*0*=\xff",
        "x" * 20_000 + "; charset=x",
    ],
)
def test_text_is_utf_8_whatever_charset_is_claimed(content_type: str) -> None:
    from resimate.wsgi import application

    environ = RequestFactory().get("/?x=%C3%A4").environ | {"CONTENT_TYPE": content_type}

    assert application.request_class(environ).GET.getlist("x") == ["ä"]


@pytest.mark.parametrize("failure", [OperationalError("gone"), DataError("too long")])
def test_a_database_that_fails_is_no_fault_of_ours(
    api: Api, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise failure

    monkeypatch.setattr("apps.models.services.create_subject", fail)

    answer = api.post("subjects/", {"code": "a", "name": "a"})

    status = 503 if isinstance(failure, OperationalError) else 422
    assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM)


@pytest.mark.parametrize("path", ["/api/v1/subjects/", "/"])
def test_a_database_that_is_away_before_the_view_is_unavailable(
    acme: Any, client: Any, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr("apps.tenants.hosts.find", fail)
    client.raise_request_exception = False

    answer = client.get(path, headers={"host": "acme.localhost"})

    assert answer.status_code == 503
    if path.startswith("/api/"):
        assert (answer["Content-Type"], answer.json()["code"]) == (PROBLEM, "unavailable")
