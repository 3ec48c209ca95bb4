"""How the keys of encryption are asked for."""

from apps.core.parts import Answer, declare
from apps.keys import providers
from apps.keys.models import DataKey


def _keys() -> Answer:
    """Whether the provider answers, and is the one that wrapped what is stored."""
    try:
        told = providers.current().ask()
        for name in DataKey.objects.usable().order_by().values_list("provider", flat=True).distinct():
            wrapped_by = providers.named(name)
            if wrapped_by.name != name:
                return Answer(f"keys are wrapped by {name}; here is {wrapped_by.name}", is_well=False)
    except (providers.Unavailable, providers.Lost) as error:
        return Answer(str(error), is_well=False)
    return Answer(told)


declare(
    "encryption_keys",
    _keys,
    mend="give back the ENCRYPTION_KEY that wrapped the keys, or see that their provider answers",
    probed=True,
)
