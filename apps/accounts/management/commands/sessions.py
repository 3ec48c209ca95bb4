from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from django_tenants.utils import schema_context

from apps.accounts import services
from apps.accounts.models import User
from apps.accounts.presenting import Place
from apps.core.commands import OperatorCommand
from apps.core.errors import Refused
from apps.tenants.provisioning import PUBLIC
from apps.tenants.services import find_tenant


class OwnerUnknown(Refused):
    code = "user_unknown"
    status = 404
    title = "There is no such user"


class Command(OperatorCommand):
    help = "Show where somebody is signed in, or sign them out everywhere at once."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="list|end")
        for verb, about in (("list", "where somebody is signed in"), ("end", "sign somebody out everywhere")):
            one = verbs.add_parser(verb, help=about)
            one.add_argument("--tenant", required=True, metavar="SLUG", help=f"{PUBLIC} is the platform itself")
            one.add_argument("--email", required=True)

    def act(self, **options: Any) -> None:
        tenant, email = options["tenant"], options["email"]
        with schema_context(PUBLIC if tenant == PUBLIC else find_tenant(tenant).schema_name):
            user = User.objects.at(email).first()
            if user is None:
                raise OwnerUnknown(f"There is no user {email} in {tenant}.")
            self._list(user) if options["verb"] == "list" else self._end(user, email)

    def _list(self, user: User) -> None:
        places = [Place(one) for one in services.live_sessions(user, now=timezone.now())]
        rows = [
            {
                "id": str(one.session.pk),
                "device": one.device,
                "network": one.session.network,
                "began_at": one.session.began_at,
                "last_used_at": one.session.last_used_at,
            }
            for one in places
        ]
        lines = [f"{one['last_used_at']:%Y-%m-%d %H:%M} UTC  {one['device']}  {one['network']}" for one in rows]
        self.report({"sessions": rows}, "\n".join(lines) or "They are not signed in anywhere.")

    def _end(self, user: User, email: str) -> None:
        count = services.sign_out_everywhere(user, acting_user=None, now=timezone.now())
        self.report({"ended": count}, f"{email} has been signed out of {count} session{'' if count == 1 else 's'}.")
