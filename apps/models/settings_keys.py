"""What a tenant may set about models and what is made of them."""

from django.utils.translation import gettext_noop as _

from apps.configuration.registry import declare_rate

declare_rate(
    "models",
    1000,
    _("Requests an hour and user to models."),
    label=_("Rate of models"),
    owner="models",
)
declare_rate(
    "assessments",
    500,
    _("Requests an hour and user to assessments."),
    label=_("Rate of assessments"),
    owner="models",
)
declare_rate(
    "calculations",
    600_000,
    _("Requests an hour and user to calculations (10,000 a minute)."),
    label=_("Rate of calculations"),
    owner="models",
)
