import argparse
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from django_tenants.utils import schema_context

from apps.configuration import services
from apps.configuration.models import Layer, PlannedChange
from apps.configuration.presenting import names_of
from apps.configuration.registry import KEYS
from apps.core.commands import OperatorCommand
from apps.core.errors import Invalid, Problem
from apps.tenants.services import find_tenant


class Command(OperatorCommand):
    help = "Read and change settings, of the platform or of one tenant; look at their history, and go back in it."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        for name, about in ABOUT.items():
            verb = verbs.add_parser(name, help=about)
            verb.add_argument("--tenant", metavar="SLUG", help="without it, of the platform")
            for arguments, options in ARGUMENTS.get(name, ()):
                verb.add_argument(*arguments, **options)

    def act(self, **options: Any) -> None:
        if options.get("key") is not None:
            services.declared(options["key"])
        with _level(options["tenant"]):
            self.report(*VERBS[options["verb"]](options))


def _list(options: Any) -> tuple[dict[str, Any], str]:
    explained = sorted(services.explain_all().items())
    rows = [(key, _cut(one.value), str(one.winner.level)) for key, one in explained]
    wide = [max(len(row[at]) for row in rows) for at in (0, 1)]
    lines = [f"{key:<{wide[0]}}  {value:<{wide[1]}}  {layer}" for key, value, layer in rows]
    found = [{"key": key, "value": one.value, "layer": str(one.winner.level)} for key, one in explained]
    return {"settings": found}, "\n".join(lines)


def _get(options: Any) -> tuple[dict[str, Any], str]:
    explained = services.explain(options["key"])
    lines = [_json(explained.value), *(f"  {one.level}: {_json(one.value)}" for one in explained.said)]
    return {"key": options["key"], "value": explained.value, "levels": explained.levels}, "\n".join(lines)


def _explain(options: Any) -> tuple[dict[str, Any], str]:
    explained, key = services.explain(options["key"]), KEYS[options["key"]]
    names = names_of((str(one.by) for one in explained.said), "config")
    lines = [f"{key.name}: {_json(explained.value)}", f"  {key.about}"]
    for one in explained.levels:
        marks = [word for word in ("in_force", "locked") if one[word]]
        parts = (one["by"] and f"by {_who(one['by'], names)}", one["at"] and f"at {one['at']:%Y-%m-%d %H:%M:%S} UTC")
        end = one["until"] and f"until {one['until']:%Y-%m-%d %H:%M:%S} UTC"
        said = [part for part in (*parts, end, one["problem"], *marks) if part]
        lines.append(f"  {one['level']}: {_json(one['value'])}" + (f" ({', '.join(said)})" if said else ""))
    facts = {"owner": key.owner, "merge": str(key.merge), "restart": key.restart, "needs_two": key.needs_two}
    return {"key": key.name, "value": explained.value, **facts, "levels": explained.levels}, "\n".join(lines)


def _set(options: Any) -> tuple[dict[str, Any], str]:
    value = _parsed(options["key"], options["value"])
    manner = services.Manner(options["reason"], options["starts_at"])
    place = {"until": options["until"]}
    place |= {"is_locked": options["lock"]} if options["lock"] is not None else {}
    place |= {"layer": Layer.RUNTIME} if options["until"] else {}
    return _done(options, lambda: services.change(options["key"], value, now=timezone.now(), manner=manner, **place))


def _unset(options: Any) -> tuple[dict[str, Any], str]:
    """Say what that has done: what is taken back may be less than what holds."""
    layer = Layer.RUNTIME if options["runtime"] else Layer.OWN
    was_set = services.is_set(services.Wish(options["key"], layer=layer))
    manner = services.Manner(options["reason"])
    result, text = _done(
        options, lambda: services.take_back(options["key"], now=timezone.now(), manner=manner, layer=layer)
    )
    return {**result, "was_set": was_set}, "\n".join([_taken_back(options, was_set=was_set), text])


def _taken_back(options: Any, *, was_set: bool) -> str:
    place = "for a time" if options["runtime"] else "for good"
    done = f"What is set {place} would be taken back." if options["dry_run"] else f"What was set {place} is taken back."
    said = done if was_set else f"Nothing is set {place}, so nothing changes."
    for_a_time = services.Wish(options["key"], layer=Layer.RUNTIME)
    if not options["runtime"] and services.is_set(for_a_time):
        said += " What is set for a time goes on; --runtime takes it back."
    return said


def _done(options: Any, act: Callable[[], PlannedChange | None]) -> tuple[dict[str, Any], str]:
    with services.tried(undone=options["dry_run"]):
        planned = act()
        result, text = _get(options)
    return (result, text) if planned is None else _one_planned(planned)


def _history(options: Any) -> tuple[dict[str, Any], str]:
    rows = services.history(options["key"])[: options["last"]]
    names = names_of((one.changed_by for one in rows), "config")
    fields = ("version", "key", "level", "user", "old", "new", "reason", "changed_at", "changed_by")
    lines = [
        f"{one.version}  {one.changed_at:%Y-%m-%d %H:%M:%S}  {_who(one.changed_by, names)}  "
        f"{one.key}: {_shown(one.old)} → {_shown(one.new)}" + (f"  ({one.reason})" if one.reason else "")
        for one in rows
    ]
    changes = [{name: getattr(one, name) for name in fields} for one in rows]
    return {"version": services.latest_version(), "changes": changes}, "\n".join(lines) or "Nothing has changed yet."


def _diff(options: Any) -> tuple[dict[str, Any], str]:
    return _differences(services.difference(options["from_version"], options["to_version"]))


def _rollback(options: Any) -> tuple[dict[str, Any], str]:
    with services.tried(undone=options["dry_run"]):
        changes = services.rollback(options["version"], now=timezone.now(), reason=options["reason"])
    result, text = _differences(changes)
    return result | {"version": services.latest_version()}, text


def _changes(options: Any) -> tuple[dict[str, Any], str]:
    found = [_one_planned(one) for one in services.planned_changes()]
    return {"changes": [result for result, _ in found]}, "\n".join(text for _, text in found) or "Nothing waits."


def _decide(options: Any) -> tuple[dict[str, Any], str]:
    decide = {"approve": services.approve, "reject": services.reject, "cancel": services.cancel}[options["verb"]]
    return _one_planned(decide(services.find_planned(options["id"]), now=timezone.now()))


def _differences(found: list[services.Difference]) -> tuple[dict[str, Any], str]:
    lines = [f"{one.key}: {_shown(one.old)} → {_shown(one.new)}" for one in found]
    shown = [{"key": one.key, "old": one.old, "new": one.new} for one in found]
    return {"changes": shown}, "\n".join(lines) or "There is no difference."


def _one_planned(planned: PlannedChange) -> tuple[dict[str, Any], str]:
    fields = ("id", "key", "level", "new", "state", "reason", "starts_at", "asked_at", "asked_by", "problem")
    line = f"{planned.id}  {planned.state}  {planned.key}: {_shown(planned.new)}"
    return {name: getattr(planned, name) for name in fields}, line + (f"  {planned.problem}" if planned.problem else "")


def _shown(facts: dict[str, Any] | None) -> str:
    if facts is None:
        return "nothing"
    return _json(facts["value"]) + (" (locked)" if facts["locked"] else "")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _cut(value: Any) -> str:
    """Short enough for a line; of what is shown to nobody there is no value."""
    text = "(not shown)" if value is None else _json(value)
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"


def _who(by: Any, names: dict[str, str]) -> str:
    """A person by their name or address, and the id of one who is not known here: an account of another level."""
    return names.get(by) or f"{by} (no account here has this id)"


def _level(tenant: str | None) -> AbstractContextManager[Any]:
    schema: AbstractContextManager[Any] = schema_context(find_tenant(tenant).schema_name if tenant else "public")
    return schema


def _parsed(key: str, text: str) -> Any:
    try:
        return KEYS[key].read(text)
    except ValueError as error:
        raise Invalid(f"{text!r} is not JSON.", errors=[Problem("/value", f"{text!r} is not JSON.")]) from error


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError("say the offset from UTC, too, as in 2027-03-28T17:00:00+00:00")
    return moment


#: Letters of a value in a list.
LONGEST_CELL = 40
Argument = tuple[tuple[str, ...], dict[str, Any]]
KEY: Argument = (("key",), {})
REASON: Argument = (("--reason",), {"default": "", "help": "why, for the history"})
DRY: Argument = (("--dry-run",), {"action": "store_true", "help": "say what would be, and change nothing"})
ID: Argument = (("id",), {"help": "as `changes` lists it"})
ABOUT = {
    "list": "every setting: the value in force, and the layer that says it",
    "get": "the value in force, with every level that says something",
    "explain": "the same with who, when, and why a level counts or does not",
    "set": "set a value; without --tenant for all tenants",
    "unset": "take back what is set, so that the level below speaks again",
    "history": "what changed, the latest first",
    "diff": "what another version says",
    "rollback": "set everything as it was in a version; that is a new version",
    "changes": "what waits for its time or for a second administrator",
    "approve": "agree to a change that waits",
    "reject": "say no to it",
    "cancel": "take back a change that has not been made yet",
}
ARGUMENTS: dict[str, tuple[Argument, ...]] = {
    "get": (KEY,),
    "explain": (KEY,),
    "set": (
        KEY,
        (("value",), {"help": "JSON, or the bare text of a setting that takes text"}),
        (
            ("--lock",),
            {
                "action": argparse.BooleanOptionalAction,
                "help": "levels below cannot say otherwise; as it is, unless it is said",
            },
        ),
        (("--until",), {"type": _moment, "metavar": "MOMENT", "help": "for a time only, above every other level"}),
        (("--starts-at",), {"type": _moment, "metavar": "MOMENT", "help": "from that moment on"}),
        REASON,
        DRY,
    ),
    "unset": (KEY, (("--runtime",), {"action": "store_true", "help": "what holds for a time"}), REASON, DRY),
    "history": (
        (("key",), {"nargs": "?"}),
        (("--last",), {"type": int, "default": 50, "metavar": "N", "help": "how many changes"}),
    ),
    "diff": (
        (("from_version",), {"type": int}),
        (("to_version",), {"type": int, "nargs": "?", "help": "absent: what is set now"}),
    ),
    "rollback": ((("version",), {"type": int}), REASON, DRY),
    "approve": (ID,),
    "reject": (ID,),
    "cancel": (ID,),
}
VERBS: dict[str, Callable[[Any], tuple[dict[str, Any], str]]] = {
    "list": _list,
    "get": _get,
    "explain": _explain,
    "set": _set,
    "unset": _unset,
    "history": _history,
    "diff": _diff,
    "rollback": _rollback,
    "changes": _changes,
    "approve": _decide,
    "reject": _decide,
    "cancel": _decide,
}
