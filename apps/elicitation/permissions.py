"""What can be permitted of elicitations."""

from apps.core.rights import declare, grant
from apps.models.permissions import ANALYST

declare(
    "weight-elicitations",
    "Weights from experts.",
    *("read", "create", "update", "delete"),
    *("open", "close", "remind", "apply"),
    model="elicitation.WeightElicitation",
)
grant(ANALYST, "weight-elicitations:tenant:manage")
