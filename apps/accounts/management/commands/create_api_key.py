from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from django_tenants.utils import tenant_context

from apps.accounts import services
from apps.accounts.models import User
from apps.core.commands import OperatorCommand
from apps.core.errors import Refused
from apps.tenants.services import find_tenant


class UserUnknown(Refused):
    code = "user_unknown"
    status = 404
    title = "There is no such user"


class Command(OperatorCommand):
    help = "Make an API key for a user and print it, alone, on standard output."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument("--user", required=True, metavar="EMAIL")
        parser.add_argument("--name", required=True, help="what the key is for")
        parser.add_argument(
            "--permission",
            action="append",
            default=[],
            metavar="RESOURCE:SCOPE:ACTION",
            help="may be given several times; without any the key has all its user's rights",
        )

    def act(self, **options: Any) -> None:
        with tenant_context(find_tenant(options["tenant"])):
            user = User.objects.at(options["user"]).filter(is_active=True).first()
            if user is None:
                raise UserUnknown(f"There is no user {options['user']} in {options['tenant']}.")
            key, secret = services.create_api_key(
                user, name=options["name"], permissions=options["permission"], now=timezone.now()
            )
        self.report({"id": key.pk, "key": secret, "expires_at": key.expires_at.isoformat()}, secret)
