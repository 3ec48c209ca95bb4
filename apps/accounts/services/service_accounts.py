"""Accounts of programs: each has a person who answers for it, and goes no longer than that person's."""

from datetime import datetime

from django.db import transaction

from apps import audit
from apps.accounts import authz
from apps.accounts.models import ServiceAccount, User
from apps.accounts.services.grants import refuse_unheld
from apps.accounts.services.keys import revoke_all_keys
from apps.core import events
from apps.core.errors import Invalid, Problem, Refused
from apps.core.locking import all_locked, locked
from apps.keys import services as keys
from resimate_text.sentences import Sentence


class OwnerGone(Refused):
    code = "owner_gone"
    title = "Nobody answers for the program any more"


@transaction.atomic
def create_service_account(name: str, *, owner: User, acting_user: User | None, now: datetime) -> ServiceAccount:
    """Make the account of a program. It may do nothing until it is given a role, and gets in by keys alone."""
    authz.require(acting_user, "users:create")
    program = ServiceAccount(owner=_answering(owner), name=name, email="", created_at=now)
    program.set_unusable_password()
    keys.give_keys([program])
    program.save(force_insert=True)
    audit.record("service_account.created", now=now, target=program, actor=acting_user, details=_about(program))
    events.publish("service_account.created", {"user_id": str(program.pk), "owner_id": str(owner.pk)}, now=now)
    return program


@transaction.atomic
def change_service_account(
    program: ServiceAccount, *, name: str, owner: User, acting_user: User | None, now: datetime
) -> ServiceAccount:
    """Call it something else, or have somebody else answer for it. Its keys and roles stay.

    A program stops with its owner's account: so who hands it to somebody else could stop it, and may do all it may.
    """
    authz.require(acting_user, "users:update", program)
    if owner.pk != program.owner_id:
        refuse_unheld(acting_user, authz.permissions_of(program))
        owner = _answering(owner)
    program = locked(ServiceAccount.objects.all(), program.pk)
    program.name, program.owner = name, owner
    program.save(update_fields=["name", "owner"])
    audit.record("service_account.changed", now=now, target=program, actor=acting_user, details=_about(program))
    events.publish("service_account.changed", {"user_id": str(program.pk), "owner_id": str(owner.pk)}, now=now)
    return program


def stop_programs_of(owner: User, *, acting_user: User | None, now: datetime) -> None:
    """Close the accounts of the programs that somebody answers for, whom the caller holds: they may know the keys.

    Whoever closes a person's account may do this with it, whatever the programs may do.
    """
    for program in all_locked(ServiceAccount.objects.filter(owner=owner.pk, is_active=True)):
        program.is_active = False
        program.save(update_fields=["is_active"])
        revoke_all_keys(program, acting_user=acting_user, now=now)
        audit.record("service_account.stopped", now=now, target=program, actor=acting_user, details=_about(program))
        events.publish("service_account.stopped", {"user_id": str(program.pk), "owner_id": str(owner.pk)}, now=now)


def require_owner(user: User) -> None:
    """Hold the account of who answers for a program, and refuse if it is closed; people answer for themselves."""
    owner = User.objects.filter(pk=user.pk).values_list("owner", flat=True).get()
    if owner is not None and not locked(User.objects.all(), owner).is_active:
        raise OwnerGone("The account of who answers for it is closed. Name somebody else first.")


def _answering(owner: User) -> User:
    """The owner, held until the transaction ends: an open account of a person."""
    owner = locked(User.objects.all(), owner.pk)
    if owner.owner_id is not None or not owner.is_active:
        reason = Sentence("Choose a person whose account is open.")
        raise Invalid(reason, errors=[Problem("/owner", reason, "owner")])
    return owner


def _about(program: ServiceAccount) -> dict[str, str]:
    return {"owner": str(program.owner_id)}
