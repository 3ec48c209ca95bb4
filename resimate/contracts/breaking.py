"""Which changes of a contract break those who build on it.

Whatever clients send must still be taken, and whatever they get must still be what they were told. So to take less
breaks them, to require more breaks them, and to answer with less breaks them; what is added does not, since clients
pass over keys, values and statuses that they do not know. Operations are compared as clients see them: a schema may
get another name, or move into its place, and nothing has changed.
"""

from collections.abc import Mapping

from resimate.contracts.schemas import Choices, Comparison, Json, whole

OPEN: Choices = [{}]


def breaks(old: Json, new: Json) -> list[str]:
    """Compare ``{"openapi": …, "errors": …, "events": …}`` with what they were: a line for each break that no version
    announces.
    """
    if major(new["openapi"]["info"]["version"]) > major(old["openapi"]["info"]["version"]):
        return []
    return [
        *of_api(old["openapi"], new["openapi"]),
        *of_errors(old["errors"], new["errors"]),
        *of_events(old["events"], new["events"]),
    ]


def major(version: str) -> int:
    """
    >>> major("2.10.1")
    2
    """
    return int(version.split(".")[0])


def of_errors(old: Mapping[str, int], new: Mapping[str, int]) -> list[str]:
    """Compare the statuses of errors by their codes: programs decide by either what to do."""
    changed = {code: new.get(code) for code, status in old.items() if new.get(code) != status}
    return [
        f"error {code}: {f'{status} now, was {old[code]}' if status else 'gone'}" for code, status in changed.items()
    ]


def of_events(old: Json, new: Json) -> list[str]:
    """Compare catalogues of events: the version of an event announces that its payload breaks with the one before."""
    schemas = Comparison({}, {})
    for name, was in old["events"].items():
        is_now = new["events"].get(name, {"internal": True})
        if was["internal"]:
            continue
        if is_now["internal"]:
            schemas.say(name, "gone")
        elif is_now["version"] <= was["version"]:
            schemas.compare(was["payload"], is_now["payload"], name, is_sent=False)
    return schemas.found


def of_api(old: Json, new: Json) -> list[str]:
    """Compare two OpenAPI documents, operation by operation."""
    schemas = Comparison(old, new)
    for path, item in old["paths"].items():
        for method, operation in item.items():
            place = f"{method.upper()} {path}"
            if method in new["paths"].get(path, {}):
                _operations(schemas, operation, new["paths"][path][method], place)
            else:
                schemas.say(place, "gone")
    return schemas.found


def _operations(schemas: Comparison, old: Json, new: Json, place: str) -> None:
    if old["operationId"] != new["operationId"]:  # clients that are generated name their functions by it
        schemas.say(place, f"its operationId is {new['operationId']} now, was {old['operationId']}")
    ways = new.get("security", OPEN)
    if {} not in ways and any(way not in ways for way in old.get("security", OPEN)):
        schemas.say(place, "a way to sign in is gone")
    _parameters(schemas, _by_name(old), _by_name(new), place)
    _bodies(schemas, old.get("requestBody"), new.get("requestBody"), place)
    _answers(schemas, old["responses"], new["responses"], place)


def _by_name(operation: Json) -> dict[str, Json]:
    return {f"{one['in']} {one['name']}": one for one in operation.get("parameters", [])}


def _parameters(schemas: Comparison, old: Mapping[str, Json], new: Mapping[str, Json], place: str) -> None:
    for name in sorted(old.keys() - new.keys()):
        schemas.say(f"{place} {name}", "gone")
    for name, parameter in new.items():
        before = old.get(name, {})
        if parameter.get("required") and not before.get("required"):
            schemas.say(f"{place} {name}", "required now")
        if before:
            schemas.compare(before.get("schema", {}), parameter.get("schema", {}), f"{place} {name}", is_sent=True)


def _bodies(schemas: Comparison, old: Json | None, new: Json | None, place: str) -> None:
    if new and new.get("required") and not (old and old.get("required")):
        schemas.say(place, "a body is required now")
    if old and not new:
        schemas.say(place, "takes no body now")
    if old and new:
        _contents(schemas, old, new, place, is_sent=True)


def _answers(schemas: Comparison, old: Mapping[str, Json], new: Mapping[str, Json], place: str) -> None:
    for status, answer in old.items():
        if status in new:
            was, is_now = whole(schemas.old, answer), whole(schemas.new, new[status])
            _contents(schemas, was, is_now, f"{place} {status}", is_sent=False)
        elif status < "400":  # who could take an error can do without it
            schemas.say(f"{place} {status}", "gone")


def _contents(schemas: Comparison, old: Json, new: Json, place: str, *, is_sent: bool) -> None:
    contents = new.get("content", {})
    for kind, content in old.get("content", {}).items():
        if kind in contents:
            schemas.compare(content.get("schema", {}), contents[kind].get("schema", {}), place, is_sent=is_sent)
        else:
            schemas.say(place, f"{kind} is gone")
