"""People make accounts by themselves where the tenant lets them: by a letter to an address that it admits.

Who asks gets the same answer for every address in the same time: what becomes of it is found out where nobody waits,
and only the mailbox learns it. There is no account before the mailbox has answered.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps import audit
from apps.accounts import messages, registration, throttle
from apps.accounts.models import Invitation, Registration, User
from apps.accounts.services.invitations import admit, write_invitation
from apps.accounts.services.notices import tell_owner
from apps.accounts.services.signing_in import refuse_often
from apps.accounts.services.users import check_email
from apps.core import events
from apps.core.errors import Invalid, Problem, Refused
from resimate_text.sentences import Sentence

#: Letters to one address, and questions from one: a few at once, then ever more slowly.
ACCOUNT = throttle.Limit("register", free=3, longest=900)
ADDRESS = throttle.Limit("register", free=20, longest=900)


class RegistrationClosed(Refused):
    code = "registration_closed"
    status = 404
    title = "Nobody can register by themselves here"


def ask_to_register(email: str, *, language: str, now: datetime) -> None:
    """Note that somebody wants an account. For every address that may have one it does the same, in the same time.

    Raises ``RegistrationClosed``, ``Invalid`` for an address that no one may register, ``TooManyAttempts``.
    """
    if not registration.is_open():
        raise RegistrationClosed(RegistrationClosed.title)
    check_email(email)
    _refuse_foreign(email)
    refuse_often("register", email, now, account=ACCOUNT, address=ADDRESS)
    with transaction.atomic():
        asked = Registration.objects.create(email=email, language=language, asked_at=now)
        audit.record("user.registration_asked", now=now)
        events.publish("user.registration_asked", {"registration_id": str(asked.pk)}, now=now)


def answer_registration(registration_id: str, event_id: UUID, *, now: datetime) -> None:
    """Write to the mailbox what there is to say to it, and forget that it was asked."""
    asked = Registration.objects.filter(pk=registration_id).first()
    if asked is None:
        return
    email = str(asked.email)
    asked.delete()
    if user := User.objects.at(email).first():
        if user.is_active:
            tell_owner(user, messages.ACCOUNT_IS_THERE, user, str(event_id), now=now)
        return
    invitation = Invitation.objects.at(email).filter(Invitation.in_state("open", now)).first()
    if invitation is not None:
        write_invitation(str(invitation.pk), event_id, now=now)
    elif registration.admits(email):
        admit(email, language=asked.language, now=now)


def _refuse_foreign(email: str) -> None:
    """Which organisations may register is no secret; who has an account is."""
    allowed = registration.domains()
    if allowed and not registration.admits(email):
        listed = ", ".join(allowed)
        reason = Sentence("Only addresses of these organisations can be registered: {domains}.", domains=listed)
        raise Invalid(reason, errors=[Problem("/email", reason, "domain")])
