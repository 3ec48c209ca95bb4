"""What the platform sets about signing in, and a tenant may only tighten."""

from typing import Final

from django.utils.translation import gettext_noop as _

from apps.configuration.registry import Level, Merge, declare

_FOR_GOOD: Final = (Level.ENVIRONMENT, Level.GLOBAL, Level.TENANT)

#: A host name with a dot in it, without a port.
_HOST: Final = r"^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9](?!\n)$"

IDLE_MINUTES = declare(
    "session.idle_minutes",
    30,
    {"type": "integer", "minimum": 5, "maximum": 720},
    _("Minutes without use after which people have to sign in again."),
    label=_("Idle time of a session, in minutes"),
    levels=_FOR_GOOD,
    merge=Merge.LOWEST,
    needs_two=True,
    owner="accounts",
)
HOURS = declare(
    "session.hours",
    12,
    {"type": "integer", "minimum": 1, "maximum": 24},
    _("Hours after which people have to sign in again, however much they do."),
    label=_("Longest session, in hours"),
    levels=_FOR_GOOD,
    merge=Merge.LOWEST,
    needs_two=True,
    owner="accounts",
)
RETURN_HOSTS = declare(
    "sign_in.return_hosts",
    [],
    {"type": "array", "maxItems": 20, "uniqueItems": True, "items": {"type": "string", "pattern": _HOST}},
    _("Other hosts to which people may be led back after they sign in, such as app.example.org; by https alone."),
    label=_("Hosts to return to after sign-in"),
    wanted=_("Write hosts such as app.example.org, with neither https:// nor a path."),
    levels=_FOR_GOOD,
    needs_two=True,
    owner="accounts",
)
TELL_OF_DEVICES = declare(
    "session.tell_of_new_devices",
    True,
    {"type": "boolean"},
    _("Whether people get an e-mail when they sign in on a device that was not theirs before."),
    label=_("E-mail about sign-ins on new devices"),
    levels=_FOR_GOOD,
    owner="accounts",
)
PASSWORD_LENGTH = declare(
    "password.least_length",
    12,
    {"type": "integer", "minimum": 12, "maximum": 64},
    _("Characters that a new password has at least."),
    label=_("Least length of a password"),
    levels=_FOR_GOOD,
    merge=Merge.HIGHEST,
    needs_two=True,
    owner="accounts",
)
INVITATION_DAYS = declare(
    "invitation.days",
    7,
    {"type": "integer", "minimum": 1, "maximum": 30},
    _("Days for which the link of an invitation can be used."),
    label=_("Days of an invitation"),
    levels=_FOR_GOOD,
    owner="accounts",
)
