"""What a tenant may set about personal links."""

from django.utils.translation import gettext_noop as _

from apps.configuration.registry import declare, name_area

name_area(_("Personal links"), "campaign.rate")
PER_LINK = declare(
    "campaign.rate.link",
    1200,
    {"type": "integer", "minimum": 1, "maximum": 1_000_000},
    _("Requests an hour through one personal link."),
    label=_("Rate of personal links"),
    owner="outreach",
)
