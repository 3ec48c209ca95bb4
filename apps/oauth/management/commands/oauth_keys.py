"""The keys that sign the access tokens of a tenant."""

from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone
from django_tenants.utils import schema_context

from apps.core.commands import OperatorCommand
from apps.oauth import services, signing
from apps.tenants.services import find_tenant


class Command(OperatorCommand):
    help = "Show the keys that sign access tokens, or replace the one that signs."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="list|rotate")
        shown = verbs.add_parser("list", help="the keys by which tokens are verified")
        rotate = verbs.add_parser("rotate", help="sign with another key; the one before verifies what it has signed")
        rotate.add_argument("--at-once", action="store_true", help="tokens of before are refused: the key was stolen")
        for one in (shown, rotate):
            one.add_argument("--tenant", required=True, metavar="SLUG")

    def act(self, **options: Any) -> None:
        now = timezone.now()
        with schema_context(find_tenant(options["tenant"]).schema_name), transaction.atomic():
            if options["verb"] == "rotate":
                services.rotate_signing_key(now=now, at_once=options["at_once"])
            kids = [one["kid"] for one in signing.shown(now)]
        text = "\n".join(f"{kid}  {'verifies' if place else 'signs'}" for place, kid in enumerate(kids))
        self.report({"signs": next(iter(kids), None), "verify": kids}, text or "There is none before the first token.")
