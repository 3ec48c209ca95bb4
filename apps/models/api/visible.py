"""What requests may refer to by id: what the user may see; anything else is not there."""

from django.db.models import QuerySet

from apps.accounts import authz
from apps.core.api import serializers
from apps.models.models import ModelVersion, ReferenceSet, ResilienceModel, Subject


def versions_seen_by(user: object) -> QuerySet[ModelVersion]:
    """The versions of the resilience models that a user may see, without their documents."""
    models = authz.visible(ResilienceModel.objects.all(), user, "models:read")
    return ModelVersion.objects.filter(model__in=models).defer("document")


def sets_seen_by(user: object) -> QuerySet[ReferenceSet]:
    """The reference sets that a user may see, without their units. They hold answers, as assessments do."""
    return authz.visible(ReferenceSet.objects.defer("units"), user, "assessments:read")


class VisibleVersionField(serializers.PrimaryKeyRelatedField[ModelVersion]):
    """A version of a resilience model."""

    def get_queryset(self) -> QuerySet[ModelVersion]:
        return versions_seen_by(self.context["request"].user)


class VisibleSubjectField(serializers.PrimaryKeyRelatedField[Subject]):
    def get_queryset(self) -> QuerySet[Subject]:
        return authz.visible(Subject.objects.all(), self.context["request"].user, "subjects:read")


class VisibleReferenceSetField(serializers.PrimaryKeyRelatedField[ReferenceSet]):
    """A reference set, or null for none."""

    def get_queryset(self) -> QuerySet[ReferenceSet]:
        return sets_seen_by(self.context["request"].user)
