"""What ends besides sessions when somebody is signed out everywhere: an app above says it here, and it ends at once.

In the same transaction, so that nothing that they were let into goes on after the answer.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from apps.accounts.models import User

End = Callable[[User, datetime], object]
_declared: Final[list[End]] = []


def declare(end: End) -> End:
    _declared.append(end)
    return end


def end_besides(user: User, now: datetime) -> None:
    for end in _declared:
        end(user, now)
