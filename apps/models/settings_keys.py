"""What a tenant may set about models and what is made of them."""

from django.utils.translation import gettext_noop as _

from apps.configuration.registry import Level, Merge, declare, declare_rate, name_area
from apps.models.people import FEWEST, KEY

name_area(_("Results"), "results")
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
declare(
    KEY,
    FEWEST,
    {"type": "integer", "minimum": FEWEST, "maximum": 100},
    _("People whom each result of a confidential campaign stands for at least. Campaigns keep what they began with."),
    label=_("Least number of people"),
    owner="models",
    levels=(Level.ENVIRONMENT, Level.GLOBAL, Level.TENANT),
    merge=Merge.HIGHEST,
    needs_two=True,
)
