"""Whom it concerns is told at once: every administrator, by letters that nobody can keep from them."""

from datetime import datetime

from apps.accounts import services as accounts
from apps.accounts.models import Grant, User
from apps.accounts.permissions import ADMINISTRATOR
from apps.emergency.messages import EMERGENCY_ACCESS
from apps.emergency.models import EmergencyAccess
from apps.tenants.hosts import base_url


def tell_administrators(access: EmergencyAccess, what: str, now: datetime) -> None:
    of_role = Grant.objects.filter(role__code=ADMINISTRATOR.code, object_id=None, denies=False)
    people = User.objects.filter(is_active=True, pk__in=of_role.valid_at(now).values("user"))
    for person in people.order_by("pk"):
        facts = {"what": what, "who": str(access.user), "link": f"{base_url()}/emergency/"}
        accounts.tell_owner(person, EMERGENCY_ACCESS, access, f"{what}:{access.pk}", now=now, **facts)


def ids_of(access: EmergencyAccess) -> dict[str, str]:
    return {"access_id": str(access.pk), "user_id": str(access.user_id)}
