"""Setting up a factor. It opens something once its owner has shown that they have it; then their other sessions end."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext_noop as _

from apps import audit
from apps.accounts import services as accounts
from apps.accounts import sessions
from apps.accounts.models import User
from apps.core import events
from apps.core.errors import Problem, Refused
from apps.core.locking import lock, locked
from apps.factors import ceremonies, codes, passkeys, totp
from apps.factors.messages import FACTORS_CHANGED
from apps.factors.models import BackupCode, Factor, Passkey
from apps.factors.services.asking import party_of
from apps.factors.services.requiring import has_factor
from apps.factors.services.verifying import WRONG, WrongCode

#: Factors of one account, backup codes aside.
MOST = 10
#: For so long a seed waits for its first code: it may have been seen by who was here before.
WAITS = timedelta(minutes=30)
#: Of what authenticators call a person: as many as the specification recommends.
HANDLE_BYTES = 64


class TooManyFactors(Refused):
    code = "too_many_factors"
    title = "The account has as many second factors as it can have"


class NothingSetUp(Refused):
    code = "factor_not_begun"
    title = "No second factor is being set up"


class PasskeyRefused(Refused):
    code = "passkey_refused"
    status = 422
    title = "What the passkey answered does not hold here"


class NoFactorYet(Refused):
    code = "no_factor_yet"
    title = "Backup codes stand in for a second factor, and there is none"


@dataclass(frozen=True, slots=True)
class Enrolled:
    """``codes`` are new backup codes, to be shown once; none where the account has some. ``method``: what was shown."""

    user: User
    codes: Sequence[str]
    method: str = sessions.CODE


@transaction.atomic
def begin_app(user: User, *, name: str, now: datetime) -> Factor:
    """Make the seed for an authenticator app; one that was begun before is forgotten."""
    user = held(user)
    Factor.objects.filter(user=user, kind=Factor.Kind.APP, confirmed=False).delete()
    refuse_more(user)
    return Factor.objects.create(
        user=user, key=user.key, kind=Factor.Kind.APP, name=name, seed=totp.new_seed(), created_at=now
    )


def begun_app(user: User, now: datetime) -> Factor | None:
    """The app that waits for its first code."""
    begun = Factor.objects.filter(user=user, kind=Factor.Kind.APP, confirmed=False, created_at__gt=now - WAITS)
    return begun.select_related("key").first()


def confirm_app(user: User, code: str, *, now: datetime, but: UUID | None = None) -> Enrolled:
    """Take the first code of the app that was begun: from now on the account is opened by it, too.

    Its sessions end ``but`` that of its owner; so they do below.
    """
    made = first_codes(user)
    with transaction.atomic():
        user = held(user)
        factor = begun_app(user, now)
        if factor is None:
            raise NothingSetUp(_("Nothing is being set up any more. Start again."))
        step = factor.step_of(codes.plain(code), now)
        if step is None:
            raise WrongCode(WRONG, errors=[Problem("/code", WRONG)])
        factor.confirmed, factor.last_step, factor.last_used_at = True, step, now
        factor.save(update_fields=["confirmed", "last_step", "last_used_at"])
        return enrolled(user, factor, made, now=now, but=but)


def ask_for_new_passkey(request: HttpRequest, user: User, *, now: datetime) -> dict[str, Any]:
    """What the browser needs to make a passkey: ``PublicKeyCredentialCreationOptions`` as JSON (WebAuthn Level 3)."""
    party = party_of(request)
    known = Passkey.objects.select_related("key").filter(factor__user=user)
    handle = next((one.handle for one in known), "") or secrets.token_hex(HANDLE_BYTES)
    asked = ceremonies.begin(request.session, ceremonies.ENROL, now, handle)
    here = [one.credential for one in known if one.host == party.host]
    return passkeys.question_for_new(party, asked.challenge, handle=handle, account=user.email, known=here)


def enrol_passkey(
    request: HttpRequest, user: User, *, name: str, answer: str, now: datetime, but: UUID | None = None
) -> Enrolled:
    """Take the passkey that the browser has made: from now on the account is opened by it, too."""
    asked, party = ceremonies.take(request.session, ceremonies.ENROL, now), party_of(request)
    if asked is None:
        raise NothingSetUp(_("Adding the passkey took too long. Try again."))
    try:
        new = passkeys.made(answer, party, asked.challenge)
    except passkeys.NotGenuine:
        raise PasskeyRefused(_("This passkey could not be added. Try again, or use another one.")) from None
    made = first_codes(user)
    with transaction.atomic():
        user = held(user)
        refuse_more(user)
        factor = Factor.objects.create(
            user=user, key=user.key, kind=Factor.Kind.PASSKEY, name=name, confirmed=True, created_at=now
        )
        _keep(factor, new, party, asked.handle)
        return enrolled(user, factor, made, now=now, but=but, method=sessions.PASSKEY)


def _keep(factor: Factor, new: passkeys.Made, party: passkeys.Party, handle: str) -> None:
    """An id stands for one person: nobody brings that of somebody else under a key of their own."""
    try:
        with transaction.atomic():
            Passkey.objects.create(
                factor=factor,
                key=factor.key,
                host=party.host,
                credential_id=new.credential.id,
                public_key=new.public_key,
                handle=handle,
                sign_count=new.sign_count,
                transports=[*new.credential.transports],
            )
    except IntegrityError:
        raise PasskeyRefused(_("This passkey has been added already.")) from None


@transaction.atomic
def rename_factor(factor: Factor, *, name: str, now: datetime) -> None:
    """Call one of one's own otherwise."""
    factor = locked(Factor.objects.select_related("key", "user"), factor.pk)
    factor.name = name
    factor.save(update_fields=["name"])
    details = {"kind": factor.kind, "user": str(factor.user_id)}
    audit.record("factor.renamed", now=now, target=factor, actor=factor.user, details=details)


def renew_codes(user: User, *, now: datetime, but: UUID | None = None) -> Enrolled:
    """Make new backup codes; those of before open nothing any more."""
    _refuse_without(user)
    made = codes.make()  # slow on purpose, so before the transaction
    with transaction.atomic():
        user = held(user)
        _refuse_without(user)
        _tell(user, _store(user, made, now), "factor.codes_renewed", now)
        return Enrolled(accounts.end_sessions(user, but=but), [one.text for one in made])


def _refuse_without(user: User) -> None:
    if not has_factor(user):
        raise NoFactorYet(_("Set up a second factor first. Backup codes stand in for it."))


def refuse_more(user: User) -> None:
    if Factor.objects.strong().filter(user=user).count() >= MOST:
        raise TooManyFactors(_("You have ten second factors. Remove one that you do not use any more."))


def first_codes(user: User) -> list[codes.Made]:
    """Backup codes for who has none; slow on purpose, so call it before the transaction."""
    has_some = Factor.objects.filter(user=user, kind=Factor.Kind.CODES).exists()
    return [] if has_some else codes.make()


def held(user: User) -> User:
    """The account and its factors, locked: who uses a code locks the factors alone, so they come first."""
    lock(Factor.objects.filter(user=user))
    return accounts.held(user)


def enrolled(
    user: User,
    factor: Factor,
    made: Sequence[codes.Made],
    *,
    now: datetime,
    but: UUID | None,
    method: str = sessions.CODE,
) -> Enrolled:
    """Keep first backup codes, tell the owner, and end their other sessions."""
    if made:
        _store(user, made, now)
    _tell(user, factor, "factor.enrolled", now)
    return Enrolled(accounts.end_sessions(user, but=but), [one.text for one in made], method)


def _store(user: User, made: Sequence[codes.Made], now: datetime) -> Factor:
    Factor.objects.filter(user=user, kind=Factor.Kind.CODES).delete()
    kind: Any = Factor.Kind.CODES
    factor = Factor.objects.create(user=user, key=user.key, kind=kind, confirmed=True, created_at=now)
    BackupCode.objects.bulk_create(BackupCode(factor=factor, mark=one.mark, hashed=one.hashed) for one in made)
    return factor


def _tell(user: User, factor: Factor, what: str, now: datetime) -> None:
    audit.record(what, now=now, target=factor, actor=user, details={"kind": factor.kind, "user": str(user.pk)})
    events.publish(what, {"factor_id": str(factor.pk), "user_id": str(user.pk)}, now=now)
    accounts.tell_owner(user, FACTORS_CHANGED, factor, what, now=now, change=what, sort=factor.kind)
