import json
from contextlib import AbstractContextManager
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from django_tenants.utils import schema_context

from apps.configuration import services
from apps.configuration.registry import KEYS
from apps.core.commands import OperatorCommand
from apps.core.errors import Invalid, Problem
from apps.tenants.services import find_tenant


class Command(OperatorCommand):
    help = "Read and change settings, of the platform or of one tenant."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="get|set")
        get = verbs.add_parser("get", help="the value in force, with every level that says something")
        change = verbs.add_parser("set", help="set a value; without --tenant for all tenants")
        for verb in (get, change):
            verb.add_argument("key")
            verb.add_argument("--tenant", metavar="SLUG")
        change.add_argument("value", help="JSON, or the bare text of a setting that takes text")

    def act(self, **options: Any) -> None:
        key = options["key"]
        if key not in KEYS:
            raise Invalid(f"There is no setting {key}.", errors=[Problem("/key", f"There is no setting {key}.")])
        with _level(options["tenant"]):
            if options["verb"] == "set":
                services.change(key, _parsed(key, options["value"]), now=timezone.now())
            levels = services.explain(key)
        value = levels[-1]["value"]
        lines = [json.dumps(value), *(f"  {one['level']}: {json.dumps(one['value'])}" for one in levels)]
        self.report({"key": key, "value": value, "levels": levels}, "\n".join(lines))


def _level(tenant: str | None) -> AbstractContextManager[Any]:
    schema: AbstractContextManager[Any] = schema_context(find_tenant(tenant).schema_name if tenant else "public")
    return schema


def _parsed(key: str, text: str) -> Any:
    try:
        return KEYS[key].read(text)
    except ValueError as error:
        raise Invalid(f"{text!r} is not JSON.", errors=[Problem("/value", f"{text!r} is not JSON.")]) from error
