from apps.core.api import serializers
from apps.factors.models import Factor


class FactorSerializer(serializers.ModelSerializer[Factor]):
    """What kind of factor it is, and when it was used; nothing of it that is secret."""

    class Meta:
        model = Factor
        fields = ("id", "kind", "name", "created_at", "last_used_at")
        read_only_fields = fields
