from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from apps.core.commands import OperatorCommand
from apps.outbound import services
from apps.outbound.models import Destination

SHOWN = ("tenant", "name", "failures", "last_error", "failing_since", "shut_until")


class Command(OperatorCommand):
    help = "List whom we call, stop calls to a destination, and let them go on."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="list|open|close")
        listed = verbs.add_parser("list", help="the destinations, those with failures first")
        opened = verbs.add_parser("open", help="let calls go on: the next one tries")
        closed = verbs.add_parser("close", help="call it no more, until it is opened")
        for verb in (opened, closed):
            verb.add_argument("name", metavar="DEST", help="as the list names it, such as https://hooks.example")
        for verb in (listed, opened, closed):
            verb.add_argument("--tenant", metavar="SCHEMA", help="that tenant's alone; public is the platform itself")

    def act(self, **options: Any) -> None:
        if options["verb"] == "list":
            found = Destination.objects.order_by("-is_stopped", "-failures", "tenant", "name")
            whose = {"tenant": options["tenant"]} if options["tenant"] else {}
            self._tell(list(found.filter(**whose)))
        else:
            decide = services.release if options["verb"] == "open" else services.stop
            now = timezone.now()
            self._tell([decide(one, now=now) for one in services.named(options["name"], options["tenant"])])

    def _tell(self, destinations: Sequence[Destination]) -> None:
        now = timezone.now()  # by the database's clock, what it has just let go on is past by then
        text = "\n".join(_line(one, now) for one in destinations)
        self.report({"destinations": [_described(one, now) for one in destinations]}, text or "Nobody is called yet.")


def _described(destination: Destination, now: datetime) -> dict[str, Any]:
    return {name: getattr(destination, name) for name in SHOWN} | {"state": destination.state(now)}


def _line(destination: Destination, now: datetime) -> str:
    words = [f"{destination.tenant:<20} {destination.name:<50} {destination.state(now):<7}"]
    if destination.failures and destination.failing_since:
        since = f"since {destination.failing_since:%Y-%m-%d %H:%M} UTC"
        words.append(f"{destination.failures} failures {since}: {destination.last_error}")
    if destination.shut_until and not destination.is_stopped:
        words.append(f"next try {destination.shut_until:%H:%M:%S} UTC")
    return "  ".join(words)
