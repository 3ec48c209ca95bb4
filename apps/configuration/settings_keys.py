"""What a tenant may set whatever apps there are."""

from django.conf import settings
from django.utils.translation import gettext_noop as _

from apps.configuration import languages, zones
from apps.configuration.registry import declare, declare_rate, name_area

name_area(_("Language and time"), "time_zone", "languages")
name_area(_("Limits of the API"), "api.rate")
declare_rate(
    "default",
    1000,
    _("Requests an hour and user to every other part of the API."),
    label=_("Rate of the API"),
    owner="configuration",
)
ZONE = declare(
    zones.KEY,
    "UTC",
    {"type": "string", "maxLength": 60},
    _("The zone of times on pages and in messages, by its name in the tz database, for example Europe/Berlin."),
    zones.problem_with,
    options=zones.known,
    label=_("Time zone"),
    owner="configuration",
)
LANGUAGES = declare(
    languages.KEY,
    [code for code, _name in settings.LANGUAGES],
    {
        "type": "array",
        "maxItems": len(settings.LANGUAGES),  # asked first, before each of a million is looked at
        "items": {"enum": [code for code, _name in settings.LANGUAGES]},
        "minItems": 1,
        "uniqueItems": True,
    },
    _("The languages among which people choose. Who has another one keeps it until they choose anew."),
    label=_("Languages"),
    owner="configuration",
    words=dict(settings.LANGUAGES),
)
