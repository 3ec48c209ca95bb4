"""The applications that somebody has let in, as pages show them."""

from dataclasses import dataclass
from datetime import datetime

from apps.accounts.models import User
from apps.oauth import services
from apps.oauth.models import Application, Authorization
from apps.oauth.wording import Line, lines_of


@dataclass(frozen=True, slots=True)
class LetIn:
    """An application, since when, used last when, and what it may do by all that it was given."""

    application: Application
    given: list[Authorization]

    @property
    def since(self) -> datetime:
        return min(one.began_at for one in self.given)

    @property
    def last_used_at(self) -> datetime | None:
        return max((one.last_used_at for one in self.given if one.last_used_at), default=None)

    @property
    def lines(self) -> list[Line]:
        return lines_of(dict.fromkeys(text for one in self.given for text in one.scopes))


def let_in(user: User, now: datetime) -> list[LetIn]:
    found: dict[Application, list[Authorization]] = {}
    for one in services.live_authorizations(user, now=now):
        found.setdefault(one.application, []).append(one)
    return [LetIn(application, given) for application, given in found.items()]
