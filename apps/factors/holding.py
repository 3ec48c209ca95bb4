"""Who has to have a second factor and has none gets one before anything else."""

from typing import Final

from django.utils.translation import gettext_noop as _

from apps.accounts import holds

MISSING: Final = holds.declare(
    "factor_is_missing",
    "factors:list",
    "factors:begin",
    "factors:app",
    "factors:passkey",
    "factors:ask-for-new",
    "factors:device",
    "factors:device-first",
    "factors:worker",
    "factors:approve",
    "factors:ask-signed-in",
    "accounts:sign-out",
    code="factor_is_missing",
    title="A second factor must be set up",
    detail=_("Sign in and set up a second factor before you go on: your organisation asks for one."),
).flag
