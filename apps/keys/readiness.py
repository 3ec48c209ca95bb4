"""How the keys of encryption are asked for."""

from django.conf import settings
from django.utils import timezone

from apps.core.parts import Answer, declare
from apps.keys import providers, services
from apps.keys.keyring import unwrapped
from apps.keys.models import DataKey, OwnKey, RecoveryKey


def _keys() -> Answer:
    """Whether the provider answers, and is the one that wrapped what is stored."""
    try:
        told = providers.current().ask()
        ours = DataKey.objects.usable().exclude(provider__in=OwnKey.objects.values("provider"))
        for name in ours.order_by().values_list("provider", flat=True).distinct():
            wrapped_by = providers.named(name)
            if wrapped_by.name != name:
                return Answer(f"keys are wrapped by {name}; here is {wrapped_by.name}", is_well=False)
    except (providers.Unavailable, providers.Lost) as error:
        return Answer(str(error), is_well=False)
    return Answer(told)


def _own_keys() -> Answer:
    """Whether the tenants' own key-encryption keys give what they have wrapped; the first that does not is told."""
    own = OwnKey.objects.order_by("tenant")
    for key in own:
        row = DataKey.objects.filter(provider=key.provider).usable().first()  # no other tenant's: none shares one
        if row is None:
            return Answer(f"nothing of {key.tenant} is under {key.provider} yet: rotate its key", is_well=False)
        try:
            unwrapped(row)
        except (providers.Unavailable, providers.Lost) as error:
            return Answer(f"{key.tenant} waits, and it alone: {error}", is_well=False)
    return Answer(f"{len(own)} tenants have their own")


def _recovery() -> Answer:
    """Whether people could do without the provider: by a copy of every key, and a drill not long ago."""
    keys = RecoveryKey.objects.in_use()
    if not keys:
        return Answer("no recovery key: if the provider is lost, so is all data", is_well=settings.DEVELOPMENT)
    if lacking := services.lacking():
        return Answer(f"{lacking} keys have no copy for recovery", is_well=False)
    drilled = [one.drilled_at for one in keys if one.drilled_at is not None]
    latest = max(drilled, default=None)
    if latest is None or latest < timezone.now() - services.DRILLED_FOR:
        return Answer("no drill in the last 180 days", is_well=False, seen_at=latest)
    return Answer(f"last drill {latest:%Y-%m-%d}", seen_at=latest)


declare(
    "encryption_keys",
    _keys,
    mend="give back the ENCRYPTION_KEY that wrapped the keys, or see that their provider answers",
    probed=True,
)
declare(
    "own_keys",
    _own_keys,
    mend="have whose key it is give it back; or give the tenant the installation's (`manage.py keys own --drop`)",
)
declare(
    "key_recovery",
    _recovery,
    mend="make a recovery key, its copies (`manage.py keys escrow`) and a drill (`keys recover --drill`): docs/keys.md",
)
