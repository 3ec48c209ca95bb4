import re
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from apps.core.api import serializers
from apps.core.api.jobs import WarningSerializer
from apps.core.api.raw_lists import Rows
from apps.models import services
from apps.models.api.visible import VisibleReferenceSetField, VisibleVersionField
from apps.models.models import Assessment, ModelVersion, ReferenceSet, ResilienceModel, Response, ScoreRun, Subject
from resimate_engine.document.schema import LANGUAGE_PATTERN


@extend_schema_field(OpenApiTypes.OBJECT)
class ObjectField(serializers.DictField):
    """A JSON object."""


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
class TextsField(serializers.DictField):
    """A text in one or several languages, by language code."""

    child = serializers.CharField(max_length=5000)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_empty=False, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        texts = super().to_internal_value(data)
        wrong = {code: "is no language code" for code in texts if not re.fullmatch(LANGUAGE_PATTERN, code)}
        if wrong:
            raise serializers.ValidationError(wrong)
        return texts


class ModelSerializer(Rows, serializers.ModelSerializer[ResilienceModel]):
    """A resilience model, its version published last and its draft."""

    name = TextsField()
    draft_version = serializers.UUIDField(read_only=True, allow_null=True)

    class Meta:
        model = ResilienceModel
        fields = ("id", "code", "name", "current_version", "draft_version", "created_at", "updated_at")
        read_only_fields = ("id", "code", "current_version", "created_at", "updated_at")


class ModelNameSerializer(serializers.Serializer[ResilienceModel]):
    shows = ModelSerializer
    name = TextsField()


class VersionSerializer(Rows, serializers.ModelSerializer[ModelVersion]):
    """A version of a resilience model, without its document."""

    class Meta:
        model = ModelVersion
        fields: tuple[str, ...] = ("id", "model", "number", "state", "digest", "created_at", "published_at")
        read_only_fields = fields


class GoldenSerializer(serializers.Serializer[services.Golden]):
    """Made-up units, calculated when the version was published and every night since: whether that came to the same."""

    engine_version = serializers.CharField(help_text="the engine that recorded what they come to")
    recorded_at = serializers.DateTimeField(help_text="later than the publication where that was before there were any")
    checked_at = serializers.DateTimeField(allow_null=True)
    checked_with = serializers.CharField(allow_null=True, help_text="the engine that calculated them last")
    agrees = serializers.BooleanField(allow_null=True, help_text="bit for bit, or within a relative 1e-12")
    largest_difference = serializers.FloatField(allow_null=True, help_text="relative; null where it is none of size")


class VersionDetailSerializer(VersionSerializer):
    """A version with its document, and whether it still gives the scores that it gave."""

    state = serializers.CharField(read_only=True, help_text="draft, published or retired")
    golden = serializers.SerializerMethodField()
    warnings = serializers.SerializerMethodField()
    document = ObjectField(read_only=True)

    class Meta(VersionSerializer.Meta):
        fields = (*VersionSerializer.Meta.fields, "golden", "warnings", "document")
        read_only_fields = fields

    @extend_schema_field(GoldenSerializer(allow_null=True))
    def get_golden(self, version: ModelVersion) -> Any:
        golden = services.golden_of(version)
        return golden and GoldenSerializer(golden).data

    @extend_schema_field(WarningSerializer(many=True))
    def get_warnings(self, version: ModelVersion) -> Any:
        return services.doubts_of(services.parsed(version), "/document")


class SubjectSerializer(Rows, serializers.ModelSerializer[Subject]):
    """What is assessed: an organisation, a site, a city."""

    code = serializers.CharField(max_length=100)
    name = serializers.NameField(max_length=200)

    class Meta:
        model = Subject
        fields = ("id", "code", "name", "kind", "group", "created_at")
        read_only_fields = ("id", "created_at")


#: What a reference set does for an assessment.
FINGERPRINT = "A fingerprint: the same for the same content in this tenant, and nothing to guess it from."
COMPARED = "What a relative model compares with; when null, the latest assessments of the same period."


class AssessmentSerializer(serializers.ModelSerializer[Assessment]):
    """One subject, assessed by one version in one period, with its latest score."""

    values = ObjectField(read_only=True)
    score = serializers.FloatField(source="latest_run.score", read_only=True, allow_null=True, default=None)
    band = serializers.CharField(source="latest_run.band", read_only=True, allow_null=True, default=None)

    class Meta:
        model = Assessment
        fields = (
            "id",
            "version",
            "subject",
            "period",
            "values",
            "reference_set",
            "state",
            "created_at",
            "latest_run",
            "score",
            "band",
        )
        read_only_fields = fields


class NewAssessmentSerializer(serializers.Serializer[Assessment]):
    """A new assessment: of a subject by a published version."""

    version = serializers.UUIDField()
    subject = serializers.UUIDField()
    period = serializers.CharField(max_length=60, required=False, allow_blank=True)
    values = ObjectField(required=False)
    reference_set = serializers.UUIDField(required=False, allow_null=True, help_text=COMPARED)


class ValuesSerializer(serializers.Serializer[Assessment]):
    """The measured values of an assessment, by input; the whole of them."""

    shows = AssessmentSerializer
    values = ObjectField()
    period = serializers.CharField(max_length=60, required=False, allow_blank=True)
    reference_set = VisibleReferenceSetField(
        queryset=ReferenceSet.objects.none(), required=False, allow_null=True, help_text=COMPARED
    )


def decimal_field() -> Any:
    """The decimal mark of a file's numbers, where the file does not show it."""
    said = "the decimal mark of the file's numbers, when they do not show it themselves"
    return serializers.ChoiceField(["", ".", ","], default="", help_text=said)


class SubjectImportSerializer(serializers.Serializer[Subject]):
    """Subjects from a file: `rows`, or `csv` with the columns code, name, kind and group."""

    rows = serializers.ListField(child=ObjectField(), required=False, min_length=1, max_length=services.MOST_ROWS)
    csv = serializers.CharField(required=False, trim_whitespace=False)
    dry_run = serializers.BooleanField(default=False)


class AssessmentImportSerializer(serializers.Serializer[Assessment]):
    """Assessments from a file: `units` as a calculation takes them, or the same as `csv`; ids are subjects' codes."""

    version = serializers.UUIDField()
    period = serializers.CharField(max_length=60, default="", allow_blank=True)
    reference_set = VisibleReferenceSetField(
        queryset=ReferenceSet.objects.none(), default=None, allow_null=True, help_text=COMPARED
    )
    units = serializers.ListField(child=ObjectField(), required=False, min_length=1, max_length=services.MOST_ROWS)
    csv = serializers.CharField(required=False, trim_whitespace=False)
    decimal = decimal_field()
    dry_run = serializers.BooleanField(default=False)


class ReferenceSetSerializer(Rows, serializers.ModelSerializer[ReferenceSet]):
    """Units that a relative model compares with, frozen. The units themselves stand under `units/`."""

    digest = serializers.CharField(read_only=True, help_text=FINGERPRINT)

    class Meta:
        model = ReferenceSet
        fields = ("id", "version", "name", "digest", "unit_count", "source", "created_at", "created_by")
        read_only_fields = fields


class NewReferenceSetSerializer(serializers.Serializer[ReferenceSet]):
    """A reference set to freeze: one of `units`, `csv` and `period`."""

    version = VisibleVersionField(
        queryset=ModelVersion.objects.none(), help_text="A published version of a relative model."
    )
    name = serializers.CharField(max_length=200)
    units = serializers.ListField(child=ObjectField(), required=False)
    csv = serializers.CharField(required=False, trim_whitespace=False)
    decimal = decimal_field()
    period = serializers.CharField(max_length=60, required=False, allow_blank=True)


class ResponseSerializer(Rows, serializers.ModelSerializer[Response]):
    """One rater's response, without the answers."""

    class Meta:
        model = Response
        fields: tuple[str, ...] = ("id", "assessment", "rater", "group", "started_at", "submitted_at", "created_at")
        read_only_fields = fields


class ResponseDetailSerializer(ResponseSerializer):
    """One rater's response with the answers by question."""

    answers = serializers.SerializerMethodField()

    class Meta(ResponseSerializer.Meta):
        fields = (*ResponseSerializer.Meta.fields, "answers")
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_answers(self, response: Response) -> dict[str, Any]:
        return response.values


class NewResponseSerializer(serializers.Serializer[Response]):
    """A rater's response; with ``submit`` it counts at once."""

    rater = serializers.CharField(max_length=60)
    group = serializers.CharField(max_length=100, required=False, allow_blank=True)
    answers = ObjectField(required=False)
    submit = serializers.BooleanField(default=False)


class AnswersSerializer(serializers.Serializer[Response]):
    """Answers by question; questions that are left out keep theirs."""

    shows = ResponseDetailSerializer
    answers = ObjectField()


class NodeScoreSerializer(serializers.Serializer[Any]):
    value = serializers.FloatField(allow_null=True)
    coverage = serializers.FloatField(allow_null=True)
    weight = serializers.FloatField(allow_null=True)
    flags = serializers.ListField(child=serializers.CharField())
    reason = serializers.CharField(allow_null=True)
    raters = serializers.IntegerField(allow_null=True)


class RunSerializer(serializers.ModelSerializer[ScoreRun]):
    """One calculation of an assessment's scores, kept as it was."""

    input_digest = serializers.CharField(read_only=True, help_text=FINGERPRINT)
    nodes = serializers.DictField(child=NodeScoreSerializer())

    class Meta:
        model = ScoreRun
        fields = (
            "id",
            "assessment",
            "version",
            "engine_version",
            "input_digest",
            "score",
            "reason",
            "band",
            "coverage",
            "rater_count",
            "duration_ms",
            "calculated_at",
            "nodes",
        )
        read_only_fields = fields
