"""What can be permitted of elicitations."""

from django.utils.translation import gettext_noop as _

from apps.core.rights import declare, grant, name_actions
from apps.models.permissions import ANALYST

name_actions(apply=_("apply to the model"))
declare(
    "weight-elicitations",
    _("Weights from experts."),
    *("read", "create", "update", "delete"),
    *("open", "close", "remind", "apply"),
    model="elicitation.WeightElicitation",
)
grant(ANALYST, "weight-elicitations:tenant:manage")
