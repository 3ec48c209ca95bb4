"""For who has lost every factor, and whose administrators have, too."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from django_tenants.utils import schema_context

from apps.accounts.management.commands.create_api_key import UserUnknown
from apps.accounts.models import User
from apps.core.commands import OperatorCommand
from apps.factors import services
from apps.tenants.provisioning import PUBLIC
from apps.tenants.services import find_tenant


class Command(OperatorCommand):
    help = "Remove all second factors of an account: its owner signs in by password alone, or sets up new ones."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        reset = verbs.add_parser("reset", help="remove them; the sessions of the account end, and its owner is told")
        reset.add_argument("--tenant", required=True, metavar="SLUG", help=f"{PUBLIC} is the platform itself")
        reset.add_argument("--email", required=True, metavar="ADDRESS")

    def act(self, **options: Any) -> None:
        tenant, email = options["tenant"], options["email"]
        schema = PUBLIC if tenant == PUBLIC else find_tenant(tenant).schema_name
        with schema_context(schema):
            user = User.objects.at(email).first()
            if user is None:
                raise UserUnknown(f"There is no user {email} in {tenant}.")
            count = services.reset_factors(user, now=timezone.now())
        self.report({"user": user.pk, "removed": count}, f"{count} second factors of {email} removed.")
