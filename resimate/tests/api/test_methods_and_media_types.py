"""What an address does with methods that it does not take and media types that there are not."""

from typing import Any

import pytest

from apps.models.tests.conftest import Api
from resimate.tests.api.addresses import views

pytestmark = pytest.mark.requirement("CMS-001")

PROBLEM = "application/problem+json"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "TRACE", "PURGE")


@pytest.mark.parametrize("method", [*METHODS, "OPTIONS"])
@pytest.mark.parametrize("path", ["no-such/", "models", "models/x/", "models/7/", "settings/A/", "calculations/x/"])
def test_an_unknown_address_is_not_found_by_any_method(api: Api, method: str, path: str) -> None:
    answer = api.send(method, path, {})

    assert (answer.status_code, answer["Content-Type"]) == (404, PROBLEM)


@pytest.mark.parametrize("method", [*METHODS, "OPTIONS"])
@pytest.mark.parametrize("path", ["/api/", "/api/v2/models/", "/api/v1"])
def test_nor_is_anything_outside_the_version(api: Api, method: str, path: str) -> None:
    answer = api.client.generic(method, path, headers=api.headers)

    assert (answer.status_code, answer["Content-Type"]) == (404, PROBLEM) or answer.status_code == 301


@pytest.mark.thorough
def test_a_method_that_an_address_does_not_take_is_named_with_those_it_takes(api: Api) -> None:
    taking = {method: {path for path, _ in views(method)} for method in ("GET", "POST", "PUT", "PATCH", "DELETE")}
    everything = set.union(*taking.values())

    for method, paths in taking.items():
        for path in everything - paths:
            answer = api.send(method, path, {})
            assert (path, method, answer.status_code, answer["Content-Type"]) == (path, method, 405, PROBLEM)
            allowed = {name.strip() for name in answer["Allow"].split(",")}
            assert allowed - {"HEAD", "OPTIONS"} == {name for name in taking if path in taking[name]}


def test_options_says_what_an_address_takes(api: Api) -> None:
    answers = {path: api.send("OPTIONS", path) for path, _ in [*views("GET"), *views("POST")]}

    assert {path: answer.status_code for path, answer in answers.items() if answer.status_code != 204} == {}
    assert answers["subjects/"]["Allow"] == "GET, POST, HEAD, OPTIONS"
    assert {answer.content for answer in answers.values()} == {b""}


def test_options_says_nothing_to_strangers(api: Api) -> None:
    assert Api("x").send("OPTIONS", "subjects/").status_code == 401


def test_head_is_get_without_the_body(api: Api, harbour: Any) -> None:
    for path in ("subjects/", f"subjects/{harbour.pk}/", "models/", "settings/"):
        got, head = api.get(path), api.send("HEAD", path, b"")
        assert (head.status_code, head.content) == (200, b"")
        assert (head["Content-Type"], head.get("ETag")) == (got["Content-Type"], got.get("ETag"))


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*", "text/csv"])
def test_there_is_nothing_but_json(api: Api, accept: str) -> None:
    for path in ("subjects/", "settings/", "schemas/model.json", "no-such/"):
        answer = api.get(path, accept=accept)
        assert (answer.status_code, answer["Content-Type"]) == (404 if path == "no-such/" else 406, PROBLEM)


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/*", "text/html, */*;q=0.1"])
def test_json_is_given_to_whoever_takes_it(api: Api, accept: str) -> None:
    assert api.get("subjects/", accept=accept)["Content-Type"] == "application/json"


def test_a_method_that_is_not_taken_leaves_no_trace_of_a_refusal(api: Api, make_user: Any, api_of: Any) -> None:
    nobody = api_of(make_user("no@acme.example"))

    assert nobody.get("calculations/").status_code == 405
    assert nobody.post("calculations/", {}).status_code == 403
