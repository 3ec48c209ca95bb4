"""The keys that sign access tokens, replaced."""

from datetime import datetime

from django.db import transaction

from apps import audit
from apps.oauth import signing
from apps.oauth.models import SigningKey


@transaction.atomic
def rotate_signing_key(*, now: datetime, at_once: bool = False) -> SigningKey:
    """Sign with another key from now on; the one before verifies for as long as its tokens are good.

    ``at_once``: it verifies nothing any more, since somebody else may have it. Processes know within a minute.
    """
    key = signing.replace(now, at_once=at_once)
    audit.record("signing_key.rotated", now=now, target=key, details={"at_once": at_once})
    return key
