"""Whom it concerns is told at once: every administrator, by letters that nobody can keep from them."""

from datetime import datetime
from itertools import product
from typing import Final

from apps.accounts import lineage
from apps.accounts import services as accounts
from apps.accounts.lines import Permission
from apps.accounts.models import Grant, Role, User
from apps.core.rights import ALL_ACTIONS, EVERYWHERE
from apps.emergency.messages import EMERGENCY_ACCESS
from apps.emergency.models import APPROVERS, EmergencyAccess
from apps.tenants.hosts import base_url

#: The lines of roles by which somebody approves or reviews such access.
LINES: Final = [
    f"{resource}:{scope}:{action}"
    for resource, scope, action in product(
        ("emergency-access", "tenant", "*"), sorted(EVERYWHERE), ("approve", "review", *sorted(ALL_ACTIONS))
    )
]


def tell_administrators(access: EmergencyAccess, what: str, now: datetime, *, occasion: str = "") -> None:
    """Write to everybody who may approve or review it, by whatever role of their own: once on each occasion."""
    for person in _concerned(now):
        facts = {"what": what, "who": str(access.user), "link": f"{base_url()}/emergency/"}
        accounts.tell_owner(person, EMERGENCY_ACCESS, access, f"{what}{occasion}:{access.pk}", now=now, **facts)


def lacking(user: User, *, now: datetime) -> int:
    """How many are not there whom it takes if the user asks: those who approve it, and one who reviews it."""
    others = [one for one in _concerned(now) if one.pk != user.pk]
    return max(APPROVERS + 1 - len(others), 0)


def _concerned(now: datetime) -> list[User]:
    roles = {pk for role in Role.objects.filter(permissions__overlap=_lines()) for pk in lineage.building_on(role)}
    grants = Grant.objects.filter(role__in=roles, object_id=None, denies=False, delegator=None).valid_at(now)
    people = User.objects.filter(is_active=True, pk__in=grants.values("user"))
    return list(people.select_related("key").order_by("pk"))


def _lines() -> list[str]:
    asked = ("approve", "review")
    return [text for text in LINES if any(Permission.stored(text).is_about("emergency-access", one) for one in asked)]


def ids_of(access: EmergencyAccess) -> dict[str, str]:
    return {"access_id": str(access.pk), "user_id": str(access.user_id)}
