"""Taking what a passkey answers: to sign in by it alone, as the second step, or to show again who is there."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_noop as _

from apps import audit
from apps.accounts import metrics, second_steps, sessions, throttle
from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.core import once
from apps.core.errors import Refused
from apps.core.locking import all_locked
from apps.factors import ceremonies, passkeys
from apps.factors.models import Factor, Passkey
from apps.factors.services.asking import QUESTIONS, party_of, who_asks
from apps.factors.services.verifying import NEWS, StepOver, note_refusal

#: One sentence whatever is wrong: nobody learns whether there is such a passkey, and whose.
WRONG: Final = _("This passkey does not open anything here. Try again, or sign in in another way.")
LATE: Final = _("The passkey was shown too late. Try again.")


class WrongPasskey(Refused):
    code = "wrong_passkey"
    status = 422
    title = "The passkey opens nothing here"


@dataclass(frozen=True, slots=True)
class _Proof:
    """An answer, and to what. ``alone``: nothing else was shown, so it has to say for whom it is, and know them."""

    answer: str
    asked: ceremonies.Asked
    party: passkeys.Party
    alone: bool = False


def sign_in_by_passkey(request: HttpRequest, *, answer: str, now: datetime) -> User:
    """Start the session of whoever shows a passkey that knows its owner: two factors, what they have and what they are.

    Not one transaction: a refusal stays recorded. Raises ``WrongPasskey``, the same for everybody, and
    ``DeviceUnproved`` where a sign-in as odd as this one is refused.
    """
    proof = _asked(request, ceremonies.SIGN_IN, answer, now, alone=True)
    user = _owner_of(proof)
    if user is None:
        if once.is_first(f"passkey-refused:{who_asks()}", NEWS):
            audit.record("session.refused", now=now, outcome="failure", details={"reason": "passkey"})
        metrics.SIGN_INS.labels("refused").inc()
        raise WrongPasskey(WRONG)
    _take(user, proof, now)
    throttle.forgive(QUESTIONS.kind, who_asks())
    accounts.let_in(request, user, methods=[sessions.PASSKEY, sessions.SEVERAL], now=now)
    return user


def take_second_step_by_passkey(request: HttpRequest, *, answer: str, now: datetime) -> User:
    """Start the session of who has shown the right password here, once one of their passkeys answers."""
    user = second_steps.pending(request.session, now)
    if user is None:
        raise StepOver(_("Signing in took too long. Start again."))
    _take(user, _asked(request, ceremonies.SECOND_STEP, answer, now), now)
    methods = [second_steps.first_method(request.session), sessions.PASSKEY, sessions.SEVERAL]
    accounts.start_session(request, user, methods=methods, now=now)
    return user


def prove(request: HttpRequest, user: User, answer: str, *, now: datetime) -> Factor:
    """Take a passkey of who is signed in here, who shows again that it is them."""
    return _take(user, _asked(request, ceremonies.CONFIRM, answer, now), now)


def _asked(request: HttpRequest, purpose: str, answer: str, now: datetime, *, alone: bool = False) -> _Proof:
    asked = ceremonies.take(request.session, purpose, now)
    if asked is None:
        raise WrongPasskey(LATE)
    return _Proof(answer, asked, party_of(request), alone)


def _owner_of(proof: _Proof) -> User | None:
    """Whose passkey the answer names, if they have an account that is open; nothing of it is verified yet."""
    try:
        named = passkeys.shown(proof.answer)
    except passkeys.NotGenuine:
        return None
    found = Passkey.objects.filter(Passkey.by_credential().among([named.credential_id]))
    return User.objects.filter(is_active=True, factors__passkey__in=found).first()


def _take(user: User, proof: _Proof, now: datetime) -> Factor:
    factor, wrong = _use(user, proof, now)
    if factor is None:
        note_refusal(user, wrong, now)
        raise WrongPasskey(WRONG)
    return factor


@transaction.atomic
def _use(user: User, proof: _Proof, now: datetime) -> tuple[Factor | None, str]:
    """The factor that answers, or what is wrong. The locks put answers of one account in order."""
    ours = Factor.objects.in_use().filter(user=user, kind=Factor.Kind.PASSKEY)
    known = all_locked(ours.select_related("key", "passkey__key"))
    try:
        named = passkeys.shown(proof.answer)
        factor = next((one for one in known if _is_meant(one.passkey, named, proof)), None)
        if factor is None:
            return None, "passkey"
        key = factor.passkey.public_key
        count = passkeys.count_of(proof.answer, proof.party, proof.asked.challenge, key, verified=proof.alone)
    except passkeys.NotGenuine:
        return None, "passkey"
    if (count or factor.passkey.sign_count) and count <= factor.passkey.sign_count:
        return None, "sign_count"  # two of them count: one is a copy
    factor.passkey.sign_count, factor.last_used_at = count, now
    factor.passkey.save(update_fields=["sign_count"])
    factor.save(update_fields=["last_used_at"])
    return factor, ""


def _is_meant(passkey: Passkey, named: passkeys.Shown, proof: _Proof) -> bool:
    """Whether the answer is of this one, at this host, and for its owner: it need not say so after a password."""
    is_theirs = named.handle == passkey.handle or (not proof.alone and not named.handle)
    return named.credential_id == passkey.credential_id and passkey.host == proof.party.host and is_theirs
