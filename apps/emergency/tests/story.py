"""Who asks for access in an emergency, who approves it, and what is refused them."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from apps.accounts.models import Grant, User
from apps.core.errors import Refused
from apps.emergency.models import Approval

WHY = "The harbour is flooded and nobody who runs the campaign can be reached."


class People(NamedTuple):
    caller: User
    first: User
    second: User
    third: User


def refused(code: str, verb: Callable[..., Any], *args: Any, **more: Any) -> bool:
    """Whether it is refused by this code, and leaves nothing behind."""
    before = (Grant.objects.count(), Approval.objects.count())
    with pytest.raises(Refused) as refusal:
        verb(*args, **more)
    return refusal.value.code == code and before == (Grant.objects.count(), Approval.objects.count())
