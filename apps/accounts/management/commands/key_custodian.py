from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from django_tenants.utils import schema_context

from apps.accounts import services
from apps.accounts.models import Role, User
from apps.core.commands import OperatorCommand
from apps.core.errors import Refused
from apps.tenants.provisioning import PUBLIC
from apps.tenants.services import find_tenant


class CustodianUnknown(Refused):
    code = "user_unknown"
    status = 404
    title = "There is no such user"


class Command(OperatorCommand):
    help = "Make somebody a custodian of keys: the first of a tenant, since its administrators cannot."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", metavar="EMAIL", help="an account that there is")
        parser.add_argument("--tenant", required=True, metavar="SLUG", help=f"{PUBLIC} is the platform itself")

    def act(self, **options: Any) -> None:
        user, tenant = options["user"], options["tenant"]
        with schema_context(PUBLIC if tenant == PUBLIC else find_tenant(tenant).schema_name):
            account = User.objects.at(user).filter(is_active=True).first()
            if account is None:
                raise CustodianUnknown(f"There is no user {user} in {tenant}.")
            role = Role.objects.get(code="key_custodian")
            grant = services.grant_role(account, role, acting_user=None, now=timezone.now())
        self.report({"grant": grant.pk}, f"{user} looks after the keys of {tenant} now.")
