"""Who has to have a second factor, and what stands in for one: the platform says, and a tenant may only tighten it."""

from typing import Final

from django.utils.translation import gettext_noop as _

from apps.configuration.registry import Level, Merge, declare, name_area

NOBODY, ADMINISTRATORS, EVERYBODY = "nobody", "administrators", "everybody"

name_area(_("Second factors"), "factors")
REQUIRED: Final = declare(
    "factors.required",
    NOBODY,
    {"type": "string", "enum": [NOBODY, ADMINISTRATORS, EVERYBODY]},
    _("Who needs a second factor to sign in. Who has none yet sets one up when they sign in the next time."),
    label=_("Second factor required"),
    words={
        NOBODY: _("Of nobody"),
        ADMINISTRATORS: _("Of administrators"),
        EVERYBODY: _("Of everybody"),
    },
    levels=(Level.ENVIRONMENT, Level.GLOBAL, Level.TENANT),
    merge=Merge.HIGHEST,
    needs_two=True,
    owner="factors",
)
BACKUP, NEVER = "backup", "never"

TEXTS: Final = declare(
    "factors.sms",
    BACKUP,
    {"type": "string", "enum": [BACKUP, NEVER]},
    _(
        "Whether codes by text message stand in for a second factor that somebody has. Alone they never count: a "
        "number can be taken over, and NIST SP 800-63B calls them restricted."
    ),
    label=_("Codes by text message"),
    words={BACKUP: _("As backup beside a second factor"), NEVER: _("Never")},
    levels=(Level.ENVIRONMENT, Level.GLOBAL, Level.TENANT),
    merge=Merge.HIGHEST,
    needs_two=True,
    owner="factors",
)
OFFERED: Final = "offered"

PUSHES: Final = declare(
    "factors.push",
    OFFERED,
    {"type": "string", "enum": [OFFERED, NEVER]},
    _(
        "Whether people may approve sign-ins on a device of theirs, as a second factor. Who has no other one when this "
        "ends signs in with a backup code."
    ),
    label=_("Approval on a device"),
    words={OFFERED: _("As a second factor"), NEVER: _("Never")},
    levels=(Level.ENVIRONMENT, Level.GLOBAL, Level.TENANT),
    merge=Merge.HIGHEST,
    needs_two=True,
    owner="factors",
)
