"""What an administrator of a new tenant does first: shown until all of it is done, or they have seen enough of it."""

from datetime import datetime
from typing import NamedTuple

from apps.accounts import authz
from apps.accounts.models import User
from apps.accounts.settings_keys import FIRST_STEPS
from apps.configuration import services as configuration
from apps.configuration.models import Layer
from apps.core import beginning
from apps.core.beginning import Step


class Begun(NamedTuple):
    step: Step
    is_done: bool


def first_steps(user: User) -> list[Begun]:
    """The steps, with whether each is done; none for others, for who has put them away, and once all are done."""
    if not authz.everywhere(user, "tenant:manage") or not configuration.get(FIRST_STEPS.name, user.pk):
        return []
    begun = [Begun(step, step.is_done()) for step in beginning.steps()]
    return [] if all(one.is_done for one in begun) else begun


def put_steps_away(user: User, *, now: datetime) -> None:
    """Show them to this person no more."""
    configuration.change(FIRST_STEPS.name, False, now=now, actor=user, layer=Layer.USER, user=user.pk)
