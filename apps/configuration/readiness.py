"""What the doctor asks about settings."""

from apps.configuration.levels import flaws_of_environment
from apps.core.parts import Answer, declare


def _environment_fits() -> Answer:
    flaws = flaws_of_environment()
    return Answer("; ".join(flaws) or "all that the environment says fits", is_well=not flaws)


declare(
    "settings of tenants in the environment",
    _environment_fits,
    mend="Correct or remove the variables RESIMATE_SETTING_… that are named; until then they count for nothing.",
)
