"""What the scopes of a permission mean for elicitations."""

from django.db.models import Q

from apps.accounts.authz import register_scope
from apps.elicitation.models import WeightElicitation

register_scope(WeightElicitation, "model", lambda _, models: Q(version__model__among=models))
register_scope(WeightElicitation, "own", lambda user, _: Q(owner=user))
