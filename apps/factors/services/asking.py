"""Asking a browser for a passkey: of a stranger any, of who is half signed in or stays one of theirs."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from apps.accounts import services as accounts
from apps.accounts import throttle
from apps.accounts.models import User
from apps.core import context
from apps.factors import ceremonies, passkeys
from apps.factors.models import Factor, Passkey
from apps.factors.services.requiring import texts_are_offered
from apps.tenants import hosts

#: Questions that nobody has answered well, at one address: each leaves a session behind.
QUESTIONS = throttle.Limit("passkey", free=30, longest=300)


def party_of(request: HttpRequest) -> passkeys.Party:
    """Each host is a party of its own: a passkey for one is none at another."""
    host = hosts.name_of(request.get_host())
    name = getattr(getattr(request, "tenant", None), "name", "") or "Resimate"
    return passkeys.Party(host, hosts.address(host), name)


def passkeys_at(user: User, party: passkeys.Party) -> QuerySet[Passkey]:
    """Those of an account that can be used at that host."""
    return Passkey.objects.select_related("key").filter(factor__user=user, factor__confirmed=True, host=party.host)


def has_passkey_here(request: HttpRequest, user: User) -> bool:
    return passkeys_at(user, party_of(request)).exists()


def ways_of(request: HttpRequest, user: User) -> dict[str, bool]:
    """How an account can take its second step here, backup codes aside."""
    kinds = set(Factor.objects.in_use().filter(user=user).values_list("kind", flat=True))
    return {
        "has_app": Factor.Kind.APP in kinds,
        "has_passkey": has_passkey_here(request, user),
        "has_text": Factor.Kind.TEXT in kinds and texts_are_offered(),
    }


def ask_anybody(request: HttpRequest, *, now: datetime) -> dict[str, Any]:
    """``PublicKeyCredentialRequestOptions`` as JSON (WebAuthn Level 3), which name nobody and nothing of anybody.

    Raises ``TooManyAttempts`` for an address that asks and asks.
    """
    if wait := throttle.take(QUESTIONS.kind, who_asks(), now, QUESTIONS):
        raise accounts.TooManyAttempts(wait)
    asked = ceremonies.begin(request.session, ceremonies.SIGN_IN, now)
    return passkeys.question(party_of(request), asked.challenge, verified=True)


def ask_owner(request: HttpRequest, user: User, purpose: str, *, now: datetime) -> dict[str, Any]:
    """The same, for one of the passkeys of an account."""
    party, asked = party_of(request), ceremonies.begin(request.session, purpose, now)
    known = [one.credential for one in passkeys_at(user, party)]
    return passkeys.question(party, asked.challenge, known, verified=False)


def who_asks() -> str:
    return throttle.block_of(context.current().ip)
