"""The pair of keys by which push services tell that it is this tenant who sends (VAPID, RFC 8292).

It is made when it is first needed, and stays: browsers give an address for one key, which is of no use to another.
"""

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.db import transaction

from apps.core.locking import hold
from apps.factors.models import PushKey
from apps.factors.pushing.sealing import point_of, text_of


def known() -> str:
    """The public one; empty before it is made."""
    return PushKey.objects.values_list("public", flat=True).first() or ""


def active(now: datetime) -> PushKey:
    return PushKey.objects.first() or _made(now)


@transaction.atomic
def _made(now: datetime) -> PushKey:
    """Make it, unless somebody else has made it a moment ago."""
    hold("push key")
    if there := PushKey.objects.first():
        return there
    private = ec.generate_private_key(ec.SECP256R1())
    text = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return PushKey.objects.create(private=text, public=text_of(point_of(private.public_key())), made_at=now)
