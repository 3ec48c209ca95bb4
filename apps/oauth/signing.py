"""The keys that sign access tokens: ES256 (RFC 7518), which FIPS 140-3 approves and every library knows.

A tenant's first key is made when it is first needed. One that was replaced verifies as long as what it has signed is
good, and is shown as long; a process remembers public keys for a minute.
"""

import json
import time
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.db.models import Q, QuerySet
from jwt.algorithms import ECAlgorithm

from apps.core.locking import hold
from apps.core.memory import forgets
from apps.core.tenancy import current_schema
from apps.oauth.models import SigningKey

ALGORITHM: Final = "ES256"
#: How long an access token is good (RFC 9700: short).
LIFE: Final = timedelta(minutes=10)
#: For clocks of others that are slow.
SKEW: Final = timedelta(minutes=1)
REMEMBERED: Final = 60.0

_known: dict[tuple[str, str], tuple[float, Any]] = {}


@forgets
def forget_all() -> None:
    _known.clear()


def active(now: datetime) -> SigningKey:
    """The key that signs."""
    return _active() or make(now)


def make(now: datetime) -> SigningKey:
    """Make the key that signs from now on, unless somebody else has made it a moment ago."""
    hold("oauth signing key")
    return _active() or _fresh(now)


def replace(now: datetime, *, at_once: bool) -> SigningKey:
    """Let another key sign. The one before verifies what it has signed; nothing, if somebody else may have it."""
    hold("oauth signing key")
    until = now if at_once else now + LIFE + SKEW
    SigningKey.objects.filter(verifies_until=None).update(verifies_until=until)
    if at_once:
        SigningKey.objects.filter(verifies_until__gt=now).update(verifies_until=now)
    forget(current_schema())
    return _fresh(now)


def forget(schema: str) -> None:
    for key in [one for one in _known if one[0] == schema]:
        _known.pop(key, None)


def shown(now: datetime) -> list[dict[str, Any]]:
    """The JSON Web Keys (RFC 7517) by which tokens are verified now, the newest first; none before the first token."""
    return [{**one.public, "kid": str(one.pk), "use": "sig", "alg": one.algorithm} for one in _verifying(now)]


def verifying(kid: str, now: datetime) -> Any:
    """The public key of an id; None if there is none that verifies."""
    place, moment = (current_schema(), kid), time.monotonic()
    until, key = _known.get(place, (0.0, None))
    if until <= moment:
        found = next((one for one in _verifying(now) if str(one.pk) == kid), None)
        if found is None:
            return None
        key = ECAlgorithm.from_jwk(json.dumps(found.public))
        _known[place] = (moment + REMEMBERED, key)
    return key


def _active() -> SigningKey | None:
    return SigningKey.objects.filter(verifies_until=None).first()


def _verifying(now: datetime) -> QuerySet[SigningKey]:
    return SigningKey.objects.filter(Q(verifies_until=None) | Q(verifies_until__gt=now)).order_by("-pk")


def _fresh(now: datetime) -> SigningKey:
    private = ec.generate_private_key(ec.SECP256R1())
    text = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return SigningKey.objects.create(
        private=text, public=ECAlgorithm.to_jwk(private.public_key(), as_dict=True), made_at=now
    )
