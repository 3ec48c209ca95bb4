from datetime import datetime

from django.db import transaction
from django_tenants.utils import tenant_context

from apps.accounts import passwords
from apps.accounts.models import Role, User
from apps.accounts.permissions import ADMINISTRATOR
from apps.accounts.services.grants import grant_role
from apps.accounts.services.users import check_email, create_user
from apps.tenants.models import Tenant
from apps.tenants.services import create_tenant


def onboard_tenant(
    slug: str, *, name: str, admin_email: str, now: datetime, password: str | None = None
) -> tuple[Tenant, User, str]:
    """Make a tenant and its first administrator. Returns the password as well: given, or made here."""
    is_first, password = password is None, password or passwords.generate()
    check_email(admin_email)
    passwords.check(password, User(email=admin_email))
    tenant = create_tenant(slug, name=name, now=now)
    with tenant_context(tenant), transaction.atomic():
        user = create_user(admin_email, password=password, now=now, is_first=is_first)
        grant_role(user, Role.objects.get(code=ADMINISTRATOR.code), acting_user=None, now=now)
    return tenant, user, password
