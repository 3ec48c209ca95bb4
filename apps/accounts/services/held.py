"""An account that is held while something is done with it: nobody else changes, closes or erases it meanwhile."""

from uuid import UUID

from django.db.models import QuerySet

from apps.accounts.models import Session, User
from apps.core.errors import Refused
from apps.core.locking import locked


class AccountErased(Refused):
    code = "account_erased"
    status = 410
    title = "The account was erased"


class NotAPerson(Refused):
    code = "not_a_person"
    title = "The account is a program's"


def held(user: User) -> User:
    """The account as it is, locked until the transaction ends. Raises ``AccountErased``."""
    user = locked(User.objects.all(), user.pk)
    refuse_erased(user)
    return user


def sessions_of(user: User, *, but: UUID | None) -> QuerySet[Session]:
    """The sessions of an account, without one that is to go on, if it is named."""
    return user.sessions.all() if but is None else user.sessions.exclude(pk=but)


def refuse_erased(user: User) -> None:
    if user.is_erased:
        raise AccountErased("This account was erased for good. Nothing can be done with it any more.")


def refuse_programs(user: User) -> None:
    if user.owner_id is not None:
        raise NotAPerson("This account is a program's. It has no password, and signs in by its keys alone.")
