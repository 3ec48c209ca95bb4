"""The demo tenants: real enough that every screen has something to show. What people changed since stays as it is."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_tenants.utils import schema_context

from apps.accounts import services as accounts
from apps.accounts.models import Role, User
from apps.accounts.permissions import PLATFORM_ADMINISTRATOR
from apps.configuration import services as configuration
from apps.configuration import zones
from apps.tenants.models import Tenant
from apps.tenants.provisioning import owner_in
from resimate.demo import hdi, organisation
from resimate_servers.installation import demo_password

TENANTS = {
    "demo": ("Harbourside Water", organisation.fill),
    "hdi": ("Human Development Index 2022", hdi.fill),
}


#: The harbour of the one lies on the North Sea; the figures of the other are the world's.
ZONES = {"demo": "Europe/Berlin"}


def ensure() -> None:
    """Make what is missing of the demo tenants and of the platform's own sign-in."""
    now = timezone.now()
    for slug, (name, fill) in TENANTS.items():
        with owner_in("public"):
            is_there = Tenant.objects.using("owner").filter(slug=slug).exists()
        if not is_there:
            email = f"admin@{slug}.example"
            accounts.onboard_tenant(slug, name=name, admin_email=email, now=now, password=password_for(email))
        with schema_context(slug), transaction.atomic():
            if not is_there:
                configuration.change(zones.KEY, ZONES.get(slug, "UTC"), now=now)
            fill(now)
    with schema_context("public"):
        ensure_user("platform@localhost.example", "Platform administrator", PLATFORM_ADMINISTRATOR.code)


def password_for(email: str) -> str:
    return demo_password(settings.DATA_DIR, email)


def ensure_user(email: str, name: str, role: str) -> User:
    known = User.objects.at(email).first()
    if known is not None:
        return known
    now = timezone.now()
    user = accounts.create_user(email, password=password_for(email), name=name, now=now)
    accounts.grant_role(user, Role.objects.get(code=role), acting_user=None, now=now)
    return user
