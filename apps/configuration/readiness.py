"""What the doctor asks about settings."""

from apps.configuration.environment import flaws_of_environment, out_of_reach
from apps.core.parts import Answer, declare


def _environment_fits() -> Answer:
    flaws = flaws_of_environment() | out_of_reach()
    told = "; ".join(f"{name}: {flaw}" for name, flaw in flaws.items())
    return Answer(told or "all that the environment says fits", is_well=not flaws)


declare(
    "settings",
    _environment_fits,
    mend="Correct or remove the variables RESIMATE_SETTING_…, or the files of RESIMATE_CONFIG_DIR, that are named; "
    "see that Vault gives us what they refer to.",
)
