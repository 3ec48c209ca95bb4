import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from apps.accounts import services
from apps.core.commands import OperatorCommand
from apps.core.errors import Invalid
from apps.tenants import hosts
from apps.tenants.models import Tenant
from apps.tenants.provisioning import OWNER, owner_in
from apps.tenants.services import find_tenant, resume_tenant, suspend_tenant


class Command(OperatorCommand):
    help = "Make, list, show, suspend and resume tenants."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="create|list|show|suspend|resume")
        create = verbs.add_parser("create", help="make a tenant with its first administrator")
        create.add_argument("slug")
        create.add_argument("--name", required=True)
        create.add_argument("--admin-email", required=True)
        create.add_argument("--admin-password-file", help="a file with the password; without it one is made and shown")
        verbs.add_parser("list", help="all tenants")
        for verb, about in (("show", "one tenant"), ("suspend", "close a workspace"), ("resume", "open it again")):
            verbs.add_parser(verb, help=about).add_argument("slug")

    def act(self, **options: Any) -> None:
        getattr(self, options["verb"])(**options)

    def create(self, *, slug: str, name: str, admin_email: str, admin_password_file: str | None, **_: Any) -> None:
        chosen = _read(admin_password_file)
        tenant, user, password = services.onboard_tenant(
            slug, name=name, admin_email=admin_email, password=chosen, now=timezone.now()
        )
        first_sign_in = {"admin": user.email} | ({} if chosen else {"password": password})
        lines = [
            f"{tenant.slug} is at {hosts.home_of(tenant)}",
            *(f"{label}: {value}" for label, value in first_sign_in.items()),
        ]
        self.report(_described(tenant) | first_sign_in, "\n".join(lines))

    def list(self, **_: Any) -> None:
        with owner_in("public"):
            tenants = [
                _described(tenant)
                for tenant in Tenant.objects.using(OWNER).order_by("slug").prefetch_related("domains")
            ]
        rows = [f"{one['slug']:<40} {one['status']:<10} {one['name']}" for one in tenants]
        self.report({"tenants": tenants}, "\n".join(rows) or "There are no tenants yet.")

    def show(self, *, slug: str, **_: Any) -> None:
        self._say(find_tenant(slug))

    def suspend(self, *, slug: str, **_: Any) -> None:
        self._say(suspend_tenant(slug, now=timezone.now()))

    def resume(self, *, slug: str, **_: Any) -> None:
        self._say(resume_tenant(slug, now=timezone.now()))

    def _say(self, tenant: Tenant) -> None:
        shown = _described(tenant)
        self.report(shown, "\n".join(f"{label}: {value}" for label, value in shown.items()))


def _described(tenant: Tenant) -> dict[str, Any]:
    return {
        "id": str(tenant.pk),
        "slug": tenant.slug,
        "name": tenant.name,
        "status": tenant.status,
        "schema": tenant.schema_name,
        "address": hosts.home_of(tenant),
        "created_at": tenant.created_at.isoformat(),
    }


def _read(path: str | None) -> str | None:
    if path is None:
        return None
    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text()
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}.") from error
    return text.strip()
