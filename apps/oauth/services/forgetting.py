"""What is over long enough goes: nothing can be done with it, and the trail has what it was."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from apps.oauth.models import Authorization, SigningKey
from apps.oauth.services.authorizations import LIFE


@transaction.atomic
def forget_ended(*, now: datetime) -> int:
    """Remove authorizations that ended a life ago, with their tokens, codes that nobody used, and keys that are over.

    Until then whoever brings a token of theirs is refused as who brings it twice. Returns how many authorizations went.
    """
    over = Q(ended_at__lt=now - LIFE) | Q(expires_at__lt=now - LIFE)
    unused = Q(code_used_at=None, code_expires_at__lt=now - LIFE)
    _, by_model = Authorization.objects.filter(over | unused).delete()
    SigningKey.objects.filter(verifies_until__lt=now - LIFE).delete()
    return by_model.get(Authorization._meta.label, 0)
