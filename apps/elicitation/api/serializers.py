from typing import Any

from django.db.models import QuerySet

from apps.accounts import authz
from apps.core.api import serializers
from apps.elicitation.models import Expert, Judgement, WeightElicitation
from apps.elicitation.reading import Judged, NodeReport
from apps.models.models import ModelVersion, ResilienceModel
from apps.outreach.api import PersonalLinkSerializer, PersonSerializer, RoundSerializer


class DraftField(serializers.PrimaryKeyRelatedField[ModelVersion]):
    """A version of a resilience model that the user may change."""

    def get_queryset(self) -> QuerySet[ModelVersion]:
        models = authz.visible(ResilienceModel.objects.all(), self.context["request"].user, "models:update")
        return ModelVersion.objects.filter(model__in=models).select_related("model")


class CodesField(serializers.ListField):
    """Nodes by their codes; kept with their children as they were when the elicitation was made."""

    child = serializers.CharField(max_length=100)

    def to_representation(self, data: Any) -> list[str]:
        return [node["code"] for node in data]


class AskedItemSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.DictField(child=serializers.CharField())
    description = serializers.DictField(child=serializers.CharField())


class AskedNodeSerializer(AskedItemSerializer):
    children = AskedItemSerializer(many=True)


class ElicitationSerializer(RoundSerializer[WeightElicitation]):
    """An elicitation. What experts said stands under ``judgements/``, what it comes to under ``weights/``."""

    version = DraftField(queryset=ModelVersion.objects.none(), help_text="A draft.")
    nodes = CodesField(
        min_length=1,
        max_length=100,
        help_text="Codes of the nodes whose children are weighed; each has at least two.",
    )
    asked = AskedNodeSerializer(source="nodes", many=True, read_only=True, help_text="What experts see.")

    class Meta(RoundSerializer.Meta):
        model = WeightElicitation
        fields = (
            *("id", "name", "introduction", "version", "method", "nodes", "asked", "answer_by", "status"),
            *("owner", "created_at", "opened_at", "closed_at", "applied_at"),
        )
        read_only_fields = (*RoundSerializer.Meta.read_only_fields, "applied_at")


class ElicitationRemindedSerializer(serializers.Serializer[Any]):
    reminded = serializers.IntegerField(help_text="How many experts are reminded.")


class ExpertSerializer(PersonSerializer[Expert]):
    """An expert. Name and address are encrypted at rest; the personal link stands under ``link/``, on record."""

    class Meta:
        model = Expert
        fields = (
            "id",
            "name",
            "email",
            "language",
            "invited_at",
            "opened_at",
            "sent_at",
            "revoked_at",
            "erased",
            "created_at",
        )
        read_only_fields = ("id", "invited_at", "opened_at", "sent_at", "revoked_at", "created_at")


class ExpertLinkSerializer(PersonalLinkSerializer):
    pass


class ComparisonSerializer(serializers.Serializer[Any]):
    """``more`` matters more than ``less``: 1 equally, 3 moderately, 5 strongly, 7 very strongly, 9 extremely."""

    more = serializers.CharField(max_length=100)
    less = serializers.CharField(max_length=100)
    strength = serializers.IntegerField(min_value=1, max_value=9)


class JudgementSerializer(serializers.Serializer[Judgement]):
    """What an expert sent about one node: ``points`` that add up to 100, or ``comparisons`` of every pair."""

    id = serializers.UUIDField(read_only=True)
    expert = serializers.UUIDField(source="expert_id")
    node = serializers.CharField(max_length=100)
    points = serializers.DictField(
        child=serializers.IntegerField(min_value=0, max_value=100), required=False, allow_null=True
    )
    comparisons = ComparisonSerializer(many=True, required=False, allow_null=True)
    sent_at = serializers.DateTimeField(source="expert.sent_at", read_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if (attrs.get("points") is None) == (attrs.get("comparisons") is None):
            raise serializers.ValidationError("Send points, or comparisons, as the elicitation's method asks.")
        return attrs

    def to_representation(self, instance: Judgement) -> dict[str, Any]:
        sent = instance.sent or {}
        return {
            "id": str(instance.pk),
            "expert": str(instance.expert_id),
            "node": instance.node,
            "points": sent.get("points"),
            "comparisons": sent.get("comparisons"),
            "sent_at": self.fields["sent_at"].to_representation(instance.expert.sent_at),
        }


def value_of(data: dict[str, Any]) -> dict[str, Any]:
    """The judgement in a validated body, as it is kept."""
    return {name: data[name] for name in ("points", "comparisons") if data.get(name) is not None}


class JudgementImportSerializer(serializers.Serializer[Any]):
    """Judgements as CSV: columns email, node, part, points; or email, node, more, less, strength."""

    csv = serializers.CharField(trim_whitespace=False, max_length=5_000_000)
    dry_run = serializers.BooleanField(default=False, help_text="say whether it would do, and enter nothing")


class JudgementImportedSerializer(serializers.Serializer[Any]):
    dry_run = serializers.BooleanField()
    experts = serializers.IntegerField(help_text="how many experts have judgements in the file")
    judgements = serializers.IntegerField()
    warnings = serializers.ListField(
        child=serializers.DictField(child=serializers.CharField()), help_text="what of the file was not read"
    )


class LeastConsistentSerializer(serializers.Serializer[Any]):
    """The comparison that fits the others least: ``said`` times, where the others together suggest ``fitting``."""

    more = serializers.CharField()
    less = serializers.CharField()
    said = serializers.FloatField()
    fitting = serializers.FloatField()


class ExpertWeightsSerializer(serializers.Serializer[Any]):
    expert = serializers.UUIDField()
    weights = serializers.DictField(child=serializers.FloatField())
    consistency_ratio = serializers.FloatField(allow_null=True, help_text="above 0.10 the answers are inconsistent")
    least_consistent = LeastConsistentSerializer(allow_null=True)


class SpreadSerializer(serializers.Serializer[Any]):
    low = serializers.FloatField()
    high = serializers.FloatField()
    deviation = serializers.FloatField(help_text="standard deviation over experts; 0 for one")


class NodeWeightsSerializer(serializers.Serializer[Any]):
    """``weights`` by child, summing to one, and null while nobody has judged; ``spread`` over experts by child."""

    node = serializers.CharField()
    weights = serializers.DictField(child=serializers.FloatField(), allow_null=True)
    consistency_ratio = serializers.FloatField(allow_null=True)
    spread = serializers.DictField(child=SpreadSerializer())
    experts = ExpertWeightsSerializer(many=True)


class ElicitedWeightsSerializer(serializers.Serializer[Any]):
    method = serializers.CharField()
    nodes = NodeWeightsSerializer(many=True)


def weights_of(report: NodeReport) -> dict[str, Any]:
    """A report in the shape of :class:`NodeWeightsSerializer`."""
    codes, combined = report.node.codes, report.combined
    spreads = report.spreads if combined else ()
    return {
        "node": report.node.code,
        "weights": dict(zip(codes, combined.weights, strict=True)) if combined else None,
        "consistency_ratio": combined.ratio if combined else None,
        "spread": {
            code: {"low": one.low, "high": one.high, "deviation": one.deviation}
            for code, one in zip(codes, spreads, strict=False)
        },
        "experts": [_expert_weights(one) for one in report.judged],
    }


def _expert_weights(judged: Judged) -> dict[str, Any]:
    doubt = judged.doubtful
    return {
        "expert": str(judged.expert.pk),
        "weights": judged.weights,
        "consistency_ratio": judged.outcome.ratio,
        "least_consistent": {
            "more": doubt.more.code,
            "less": doubt.less.code,
            "said": doubt.said,
            "fitting": doubt.fitting,
        }
        if doubt
        else None,
    }
