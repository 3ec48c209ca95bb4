"""What the scopes ``model`` and ``own`` of a permission mean for resilience models, assessments and reference sets."""

from django.db.models import Q

from apps.accounts.authz import register_scope
from apps.models.models import Assessment, Import, ReferenceSet, ResilienceModel

register_scope(ResilienceModel, "model", lambda _, models: Q(pk__among=models))
register_scope(Assessment, "model", lambda _, models: Q(version__model__among=models))
register_scope(Assessment, "own", lambda user, _: Q(created_by=user))
register_scope(Import, "own", lambda user, _: Q(created_by=user))
register_scope(ReferenceSet, "model", lambda _, models: Q(version__model__among=models))
register_scope(ReferenceSet, "own", lambda user, _: Q(created_by=user.pk))
