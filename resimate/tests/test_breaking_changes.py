"""What breaks those who build on a contract is told from what does not: one change at a time."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from resimate.contracts import breaking

pytestmark = pytest.mark.requirement("DOC-001")

KETTLE = {
    "type": "object",
    "required": ["id", "litres"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "litres": {"type": "number"},
        "state": {"type": "string", "enum": ["cold", "hot"]},
        "owner": {"type": "string", "nullable": True},
        "spouts": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Spout"}},
        "lid": {"oneOf": [{"$ref": "#/components/schemas/Lid"}, {"enum": [None]}]},
    },
}
NEW_KETTLE = {
    "type": "object",
    "required": ["litres"],
    "properties": {
        "litres": {"type": "number", "minimum": 0, "maximum": 5, "default": 1},
        "state": {"type": "string", "enum": ["cold", "hot"]},
        "owner": {"type": "string", "nullable": True, "maxLength": 20},
        "tea": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
        "cups": {"type": "array", "maxItems": 3, "items": {"type": "string"}},
        "notes": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}
BASE: dict[str, Any] = {
    "info": {"version": "1.4.0"},
    "paths": {
        "/kettles/": {
            "get": {
                "operationId": "kettles_list",
                "parameters": [{"in": "query", "name": "state", "schema": {"type": "string", "enum": ["cold", "hot"]}}],
                "security": [{"key": []}, {"session": []}],
                "responses": {
                    "200": {
                        "content": {
                            "application/json": {
                                "schema": {"type": "array", "items": {"$ref": "#/components/schemas/Kettle"}}
                            },
                            "text/csv": {"schema": {"type": "string"}},
                        }
                    },
                    "404": {"$ref": "#/components/responses/NotFound"},
                },
            },
            "post": {
                "operationId": "kettles_create",
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewKettle"}}}
                },
                "responses": {"201": {"content": {}}},
            },
        }
    },
    "components": {
        "schemas": {
            "Kettle": KETTLE,
            "NewKettle": NEW_KETTLE,
            "Lid": {"type": "object", "properties": {"colour": {"type": "string"}}},
            "Spout": {"type": "object", "properties": {"width": {"type": "number"}}},
            "Problem": {"type": "object", "properties": {"code": {"type": "string"}}},
        },
        "responses": {
            "NotFound": {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
        },
    },
}
Change = Callable[["Api"], Any]


class Api:
    """A copy of the document with names for the places that changes are made at."""

    def __init__(self) -> None:
        self.document = deepcopy(BASE)
        self.paths = self.document["paths"]
        self.list = self.paths["/kettles/"]["get"]
        self.create = self.paths["/kettles/"]["post"]
        self.schemas = self.document["components"]["schemas"]
        self.got = self.schemas["Kettle"]["properties"]
        self.sent = self.schemas["NewKettle"]["properties"]


LIST, CREATE = "GET /kettles/", "POST /kettles/"
BREAKING: dict[str, tuple[Change, str]] = {
    "a path is gone": (lambda api: api.paths.clear(), f"{LIST}: gone"),
    "an operation is gone": (lambda api: api.paths["/kettles/"].pop("post"), f"{CREATE}: gone"),
    "generated clients call it otherwise": (
        lambda api: api.list.update(operationId="kettles_all"),
        f"{LIST}: its operationId is kettles_all now, was kettles_list",
    ),
    "keys open it no more": (lambda api: api.list["security"].pop(0), f"{LIST}: a way to sign in is gone"),
    "it was open to all": (lambda api: api.create.update(security=[{"key": []}]), "a way to sign in is gone"),
    "a parameter is gone": (lambda api: api.list["parameters"].clear(), f"{LIST} query state: gone"),
    "a parameter is required": (
        lambda api: api.list["parameters"][0].update(required=True),
        f"{LIST} query state: required now",
    ),
    "a new parameter is required": (
        lambda api: api.list["parameters"].append({"in": "header", "name": "Tea", "required": True}),
        f"{LIST} header Tea: required now",
    ),
    "a parameter takes one value less": (
        lambda api: api.list["parameters"][0]["schema"]["enum"].remove("hot"),
        f"{LIST} query state: no longer 'hot'",
    ),
    "the body is required": (lambda api: api.create["requestBody"].update(required=True), "a body is required now"),
    "a body comes up and is required": (
        lambda api: api.list.update(requestBody={"required": True, "content": {}}),
        f"{LIST}: a body is required now",
    ),
    "no body is taken": (lambda api: api.create.pop("requestBody"), f"{CREATE}: takes no body now"),
    "no JSON is taken": (
        lambda api: (
            api.create["requestBody"]["content"].update({"text/csv": {}})
            or api.create["requestBody"]["content"].pop("application/json")
        ),
        f"{CREATE}: application/json is gone",
    ),
    "a field that was sent is gone": (lambda api: api.sent.pop("cups"), f"{CREATE}.cups: gone"),
    "a field that is sent is required": (
        lambda api: api.schemas["NewKettle"]["required"].append("cups"),
        f"{CREATE}.cups: required now",
    ),
    "a new field that is sent is required": (
        lambda api: (api.sent.update(colour={}), api.schemas["NewKettle"]["required"].append("colour")),
        f"{CREATE}.colour: required now",
    ),
    "what is sent has another type": (
        lambda api: api.sent["litres"].update(type="string"),
        f"{CREATE}.litres: string now, was number",
    ),
    "whole numbers alone are taken": (
        lambda api: api.sent["litres"].update(type="integer"),
        f"{CREATE}.litres: integer now, was number",
    ),
    "what is sent has a format": (
        lambda api: api.sent["owner"].update(format="email"),
        f"{CREATE}.owner: null or string email now, was null or string",
    ),
    "no null is taken": (lambda api: api.sent["owner"].update(nullable=False), f"{CREATE}.owner: takes no null now"),
    "one value less is taken": (lambda api: api.sent["state"]["enum"].remove("cold"), "no longer 'cold'"),
    "some values alone are taken": (lambda api: api.sent["owner"].update(enum=["me"]), "takes only some values now"),
    "less is the most": (lambda api: api.sent["litres"].update(maximum=4), f"{CREATE}.litres: maximum is 4 now"),
    "more is the least": (lambda api: api.sent["litres"].update(minimum=1), f"{CREATE}.litres: minimum is 1 now"),
    "texts must not be empty": (lambda api: api.sent["state"].update(minLength=1), "minLength is 1 now"),
    "fewer items are taken": (lambda api: api.sent["cups"].update(maxItems=2), f"{CREATE}.cups: maxItems is 2 now"),
    "there is a pattern": (lambda api: api.sent["owner"].update(pattern="^A"), "pattern is ^A now"),
    "absence means something else": (
        lambda api: api.sent["litres"].update(default=2),
        f"{CREATE}.litres: means 2 now where it is left out",
    ),
    "items have another type": (
        lambda api: api.sent["cups"]["items"].update(type="integer"),
        f"{CREATE}.cups[]: integer now, was string",
    ),
    "other keys hold something else": (
        lambda api: api.sent["notes"].update(additionalProperties={"type": "integer"}),
        f"{CREATE}.notes.*: integer now, was string",
    ),
    "one kind of thing less is taken": (
        lambda api: api.sent["tea"]["oneOf"].pop(),
        f"{CREATE}.tea: takes less than it took",
    ),
    "no other keys are taken": (
        lambda api: api.schemas["NewKettle"].update(additionalProperties=False),
        f"{CREATE}: takes no other keys now",
    ),
    "a success has another status": (
        lambda api: api.create["responses"].update({"202": api.create["responses"].pop("201")}),
        f"{CREATE} 201: gone",
    ),
    "no table is answered": (
        lambda api: api.list["responses"]["200"]["content"].pop("text/csv"),
        f"{LIST} 200: text/csv is gone",
    ),
    "a field that was got is gone": (lambda api: api.got.pop("owner"), f"{LIST} 200[].owner: gone"),
    "a field that is got may be missing": (
        lambda api: api.schemas["Kettle"]["required"].remove("litres"),
        f"{LIST} 200[].litres: may be missing now",
    ),
    "what is got has another type": (lambda api: api.got["id"].update(type="integer"), "integer uuid now, was string"),
    "what is got has lost its format": (lambda api: api.got["id"].pop("format"), f"{LIST} 200[].id: string now"),
    "anything may be got": (lambda api: api.got.update(litres={}), f"{LIST} 200[].litres: anything now, was number"),
    "null may be got": (lambda api: api.got["litres"].update(nullable=True), f"{LIST} 200[].litres: may be null now"),
    "one value less is got": (lambda api: api.got["state"]["enum"].remove("hot"), "no longer 'hot'"),
    "another kind of thing may be got": (
        lambda api: api.got["lid"]["oneOf"].append({"type": "string"}),
        f"{LIST} 200[].lid: may be what it never was",
    ),
    "a shared schema below loses a field": (
        lambda api: api.schemas["Lid"]["properties"].clear(),
        f"{LIST} 200[].lid.colour: gone",
    ),
    "a shared schema below other keys loses a field": (
        lambda api: api.schemas["Spout"]["properties"].clear(),
        f"{LIST} 200[].spouts.*.width: gone",
    ),
    "problems lose a field": (
        lambda api: api.schemas["Problem"]["properties"].clear(),
        f"{LIST} 404.code: gone",
    ),
}


@pytest.mark.parametrize("name", BREAKING)
def test_what_breaks_is_found_where_it_is(name: str) -> None:
    change, line = BREAKING[name]
    api = Api()

    change(api)

    found = breaking.of_api(BASE, api.document)
    assert [one for one in found if line in one], found
    assert len(found) == (2 if name == "a path is gone" else 1)


HARMLESS: dict[str, Change] = {
    "nothing": lambda api: None,
    "a new path": lambda api: api.paths.update({"/pots/": {"get": {}}}),
    "a new operation": lambda api: api.paths["/kettles/"].update(delete={}),
    "a new parameter": lambda api: api.list["parameters"].append({"in": "query", "name": "q", "schema": {}}),
    "a parameter takes more": lambda api: api.list["parameters"][0]["schema"]["enum"].append("warm"),
    "a parameter takes anything": lambda api: api.list["parameters"][0]["schema"].clear(),
    "another way to sign in": lambda api: api.list["security"].append({"token": []}),
    "open to all": lambda api: api.list.pop("security"),
    "a body that may be left out": lambda api: api.list.update(requestBody={"content": {}}),
    "a new field to send": lambda api: api.sent.update(colour={"type": "string"}),
    "a field need not be sent": lambda api: api.schemas["NewKettle"]["required"].clear(),
    "null may be sent": lambda api: api.sent["litres"].update(nullable=True),
    "more values may be sent": lambda api: api.sent["state"]["enum"].append("warm"),
    "any value may be sent": lambda api: api.sent["state"].pop("enum"),
    "limits are wider": lambda api: api.sent["litres"].update(minimum=-1, maximum=6),
    "limits are gone": lambda api: [api.sent["litres"].pop(key) for key in ("minimum", "maximum")],
    "a limit that limits nothing": lambda api: api.sent["state"].update(minLength=0),
    "another kind may be sent": lambda api: api.sent.update(
        owner={"oneOf": [{"type": "string", "maxLength": 20}, {"type": "integer"}], "nullable": True}
    ),
    "a new success": lambda api: api.list["responses"].update({"202": {}}),
    "an error less": lambda api: api.list["responses"].pop("404"),
    "another form of the answer": lambda api: api.list["responses"]["200"]["content"].update({"text/html": {}}),
    "a new field is got": lambda api: api.got.update(colour={"type": "string"}),
    "a field is always got": lambda api: api.schemas["Kettle"]["required"].append("owner"),
    "a new value is got": lambda api: api.got["state"]["enum"].append("warm"),
    "whole numbers are got": lambda api: api.got["litres"].update(type="integer"),
    "null is got no more": lambda api: api.got["owner"].update(nullable=False),
    "what is got is bounded otherwise": lambda api: api.got["owner"].update(maxLength=9),
    "words of the description": lambda api: api.list.update(description="Kettles.", tags=["kitchen"]),
    "a schema has another name": lambda api: (
        api.schemas.update(Cover=api.schemas.pop("Lid")),
        api.got["lid"]["oneOf"][0].update({"$ref": "#/components/schemas/Cover"}),
    ),
    "a schema stands in its place": lambda api: api.got["lid"]["oneOf"].__setitem__(0, api.schemas.pop("Lid")),
    "a schema is taken whole": lambda api: api.got["lid"]["oneOf"].__setitem__(
        0, {"allOf": [{"$ref": "#/components/schemas/Lid"}]}
    ),
    "null is written otherwise": lambda api: api.got.update(
        lid={"allOf": [{"$ref": "#/components/schemas/Lid"}], "nullable": True}
    ),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_breaks_nobody_passes(name: str) -> None:
    api = Api()

    HARMLESS[name](api)

    assert breaking.of_api(BASE, api.document) == []


def test_a_schema_that_holds_itself_is_looked_at_once() -> None:
    api = Api()
    api.got["inner"] = {"$ref": "#/components/schemas/Kettle"}
    old = deepcopy(api.document)

    api.got["inner"] = {"$ref": "#/components/schemas/Kettle"}
    api.got.pop("owner")

    assert breaking.of_api(old, api.document) == ["GET /kettles/ 200[].owner: gone"]


def _contract(version: str, events: dict[str, Any], **errors: int) -> dict[str, Any]:
    return {"openapi": {**BASE, "info": {"version": version}}, "errors": errors, "events": {"events": events}}


def _event(version: int = 1, *, internal: bool = False, **properties: Any) -> dict[str, Any]:
    payload = {"type": "object", "properties": properties, "required": sorted(properties)}
    return {"version": version, "internal": internal, "payload": payload}


TEXT = {"type": "string"}
BOILED = {"kettle.boiled": _event(kettle=TEXT)}


@pytest.mark.parametrize(
    ("present", "found"),
    [
        ({}, ["kettle.boiled: gone"]),
        ({"kettle.boiled": _event(internal=True, kettle=TEXT)}, ["kettle.boiled: gone"]),
        ({"kettle.boiled": _event()}, ["kettle.boiled.kettle: gone"]),
        ({"kettle.boiled": _event(kettle={"type": "integer"})}, ["kettle.boiled.kettle: integer now, was string"]),
        ({"kettle.boiled": _event(2, kettle={"type": "integer"})}, []),
        ({"kettle.boiled": _event(kettle=TEXT, litres=TEXT), "lid.lifted": _event()}, []),
    ],
)
def test_an_event_keeps_what_it_carries_unless_its_version_says_otherwise(
    present: dict[str, Any], found: list[str]
) -> None:
    assert breaking.breaks(_contract("1.4.0", BOILED), _contract("1.5.0", present)) == found


def test_what_our_own_workers_ask_each_other_is_no_contract() -> None:
    asked = {"kettle.refill_due": _event(internal=True, kettle=TEXT)}

    assert breaking.breaks(_contract("1.4.0", asked), _contract("1.4.0", {})) == []


def test_an_error_keeps_its_code_and_status() -> None:
    before = _contract("1.4.0", {}, kettle_empty=409, kettle_hot=409, kettle_lost=404)
    after = _contract("1.4.0", {}, kettle_empty=409, kettle_hot=422, kettle_new=409)

    assert breaking.breaks(before, after) == ["error kettle_hot: 422 now, was 409", "error kettle_lost: gone"]


def test_a_new_first_number_of_the_version_announces_breaks() -> None:
    assert breaking.breaks(_contract("1.4.0", BOILED), _contract("2.0.0", {})) == []
