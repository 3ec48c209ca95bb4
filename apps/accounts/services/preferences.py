"""What people want: which messages, by which channel, and in which zone their times are told.

Only what its kind offers can be declined (``may_decline``, ``apps/notifications/kinds.py``): what is about the safety
of an account always comes.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from apps import audit
from apps.accounts.models import User
from apps.accounts.services.held import held
from apps.core import events
from apps.core.errors import Invalid, Problem
from apps.notifications.kinds import choices
from resimate_text.pointers import pointer
from resimate_text.sentences import Sentence

Wanted = Mapping[str, Mapping[str, bool]]


@dataclass(frozen=True, slots=True)
class Wishes:
    """Of somebody outside who has an account, too; of everybody else nothing but the tenant's own."""

    time_zone: str = ""
    declined: frozenset[str] = frozenset()

    def take(self, purpose: str, channel: str) -> bool:
        return name_of(purpose, channel) not in self.declined


def name_of(purpose: str, channel: str) -> str:
    return f"{purpose}:{channel}"


def notifications_of(user: User) -> dict[str, dict[str, bool]]:
    """By purpose and channel whether somebody gets what may be declined."""
    found: dict[str, dict[str, bool]] = {}
    for purpose, channel in choices():
        found.setdefault(purpose, {})[channel] = name_of(purpose, channel) not in (user.declined or ())
    return found


@transaction.atomic
def change_notifications(user: User, wanted: Wanted, *, acting_user: User, now: datetime) -> User:
    """Take or decline what ``wanted`` names; the rest stays. Raises ``Invalid`` for what cannot be declined."""
    _refuse_unknown(wanted)
    user = held(user)
    said = {name_of(purpose, channel): one for purpose, by in wanted.items() for channel, one in by.items()}
    before = {*(user.declined or ())}
    declined = {name for name in before if said.get(name) is not True} | {name for name, one in said.items() if not one}
    if declined == before:
        return user
    user.declined = sorted(declined) or None
    user.save(update_fields=["declined"])
    details = {"declined": sorted(declined - before), "taken": sorted(before - declined)}
    audit.record("user.changed", now=now, target=user, actor=acting_user, details=details)
    events.publish("user.changed", {"user_id": str(user.pk)}, now=now)
    return user


def _refuse_unknown(wanted: Wanted) -> None:
    known = choices()
    problems = [
        Problem(
            pointer("notifications", purpose, channel),
            Sentence("{purpose!r} by {channel!r} cannot be declined.", purpose=purpose[:40], channel=channel[:40]),
            "invalid_choice",
        )
        for purpose, by in wanted.items()
        for channel in by
        if (purpose, channel) not in known
    ]
    if problems:
        raise Invalid("Some of the messages cannot be declined.", errors=problems)


def wishes_at(emails: Iterable[str]) -> Callable[[str], Wishes]:
    """A look-up of what those want who have an account with one of these addresses, in one question."""
    at = User.by_address()
    wishing = ~Q(time_zone="") | Q(declined__isnull=False)
    found = User.objects.filter(wishing, at.among(emails), is_active=True).defer("email", "name", "attributes")
    known = {at.of(one): Wishes(one.time_zone, frozenset(one.declined or ())) for one in found}
    return lambda email: known.get(at(email), Wishes())


def anybody_declines(purpose: str) -> bool:
    names = [name_of(*one) for one in choices() if one[0] == purpose]
    return any(User.objects.filter(is_active=True, declined__contains=[name]).exists() for name in names)
