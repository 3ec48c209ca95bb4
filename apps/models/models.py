"""Resilience models and their versions; subjects, assessments and answers; score runs and scores."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Self

from django.conf import settings
from django.db import models
from django.db.models import Aggregate, F, Func, OuterRef, Q, Subquery, Value
from django.db.models import JSONField as PlainJSONField
from django.db.models.functions import Cast, JSONObject, NullIf
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.core.fields import (
    CharField,
    EncryptedJSONField,
    FingerprintField,
    FingerprintJSONField,
    Model,
    PackedJSONField,
    SubjectJSONField,
    random_id,
)
from apps.keys.models import key_of_subject
from apps.models import answers
from apps.models.answers import Answer
from apps.models.people import FEWEST, least_people

#: How many sheets of answers are in memory: about a megabyte of answers to 200 questions.
SHEETS_AT_ONCE: Final = 100


class ByKey(Aggregate):
    """``jsonb_object_agg(key, value)``: many rows as one JSON object, which is ten times cheaper to load."""

    function = "jsonb_object_agg"
    output_field = PlainJSONField()


class ResilienceModel(Model):
    """A way of assessing resilience: its published versions are what campaigns and scores refer to."""

    code = models.CharField(max_length=100, unique=True)
    name = models.JSONField(default=dict)
    current_version = models.ForeignKey(
        "ModelVersion", models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        """Its name in the reader's language, else in English, else in any."""
        languages = (get_language() or "en", "en", *self.name)
        return str(next((self.name[one] for one in languages if self.name.get(one)), self.code))


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    def asking(self) -> Self:
        """Those that ask questions; the others only measure."""
        path = Cast(Value("$.**.questions"), models.TextField())
        template = "jsonb_path_exists(%(expressions)s::jsonpath)"
        asks = Func("document", path, template=template, output_field=models.BooleanField())
        return self.alias(asks=asks).filter(asks=True)


class ModelVersion(Model):
    """One model document. Once published it never changes; the database sees to that."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"
        RETIRED = "retired", "Retired"

    model = models.ForeignKey(ResilienceModel, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    document = models.JSONField()
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)

    objects = ModelVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "number"], name="version_number_once_per_model"),
            models.UniqueConstraint(fields=["model"], condition=Q(state="draft"), name="one_draft_per_model"),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(published_at__isnull=False), name="version_published_at_set"
            ),
        ]

    def __str__(self) -> str:
        return _("%(model)s, version %(number)d") % {"model": self.model, "number": self.number}


class Subject(Model):
    """What is assessed: an organisation, a site, a city, a country."""

    code = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=60, blank=True)
    group = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class ReferenceSetQuerySet(models.QuerySet["ReferenceSet"]):
    def with_use(self) -> Self:
        return self.annotate(used_count=models.Count("assessments"))


class ReferenceSet(Model):
    """Units that relative methods compare with, frozen: scores that rest on them can be calculated again for ever.

    Such rows never change, so each is under a key of its own; digests are keyed, since there may be few answers to try.
    """

    version = models.ForeignKey(ModelVersion, models.PROTECT, related_name="reference_sets")
    name = models.CharField(max_length=200)
    digest = FingerprintField()
    key = key_of_subject()
    units = PackedJSONField(pii="answers")
    unit_count = models.PositiveIntegerField()
    source = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    created_by: "models.UUIDField[Any, Any]" = models.UUIDField(null=True, blank=True)

    append_only = True
    objects = ReferenceSetQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "digest"], name="reference_set_once_per_version")]

    def __str__(self) -> str:
        return self.name


class AssessmentQuerySet(models.QuerySet["Assessment"]):
    def with_counts(self) -> Self:
        submitted = models.Count("responses", filter=Q(responses__submitted_at__isnull=False))
        return self.annotate(submitted_count=submitted)


class Assessment(Model):
    """One subject, assessed by one version of a resilience model in one period.

    In a confidential one nothing that anybody may see joins a person to their answers (:mod:`apps.models.disclosure`),
    and what is shown stands for ``least_people`` at least.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        LOCKED = "locked", "Locked"

    version = models.ForeignKey(ModelVersion, models.PROTECT, related_name="assessments")
    subject = models.ForeignKey(Subject, models.PROTECT, related_name="assessments")
    period = models.CharField(max_length=60, blank=True)
    values = EncryptedJSONField(pii="", default=dict)
    reference_set = models.ForeignKey(ReferenceSet, models.PROTECT, null=True, blank=True, related_name="assessments")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    confidential = models.BooleanField(default=False)
    least_people = models.PositiveSmallIntegerField(default=least_people, db_default=FEWEST, editable=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    latest_run = models.ForeignKey("ScoreRun", models.SET_NULL, null=True, blank=True, related_name="+")

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["version", "subject"], name="assessment_by_version")]

    def __str__(self) -> str:
        return f"{self.subject} {self.period}".strip()


class ResponseQuerySet(models.QuerySet["Response"]):
    def one_by_one(self) -> Iterator["Response"]:
        """With what they say, in their order; however many there are, few are in memory."""
        return self.select_related("sheet__key").iterator(SHEETS_AT_ONCE)


class Response(Model):
    """What one person answers in an assessment. ``rater`` is a pseudonym; the campaign knows whose it is.

    In a confidential assessment times are kept to the day, and ``is_counted`` says whether a released score counts it.
    """

    id = models.UUIDField(primary_key=True, default=random_id, editable=False)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="responses")
    rater = CharField(pii="technical", max_length=60)
    group = models.CharField(max_length=100, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    is_counted = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    objects = ResponseQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["assessment", "rater"], name="one_response_per_rater")]

    def __str__(self) -> str:
        return f"{self.rater}"

    @property
    def answers(self) -> dict[str, Answer]:
        """What it says by question; load it with ``select_related("sheet__key")``."""
        sheet = self._sheet
        return sheet.answers if sheet else {}

    @property
    def values(self) -> dict[str, Any]:
        """The same, the values alone."""
        sheet = self._sheet
        return sheet.values if sheet else {}

    @property
    def is_erased(self) -> bool:
        sheet = self._sheet
        return sheet is not None and sheet.key is not None and sheet.key.is_destroyed

    @property
    def _sheet(self) -> "AnswerSheet | None":
        return getattr(self, "sheet", None)


class AnswerSheet(models.Model):
    """All that one response says: one ciphertext under a key of its own. Whose key is destroyed has said nothing."""

    response = models.OneToOneField(Response, models.CASCADE, primary_key=True, related_name="sheet")
    key = key_of_subject()
    entries: "models.Field[Any, Any]" = SubjectJSONField(pii="answers", default=dict)

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def answers(self) -> dict[str, Answer]:
        return answers.read(self.entries)

    @property
    def values(self) -> dict[str, Any]:
        return answers.values_of(self.entries)

    def write(self, given: Mapping[str, Answer]) -> None:
        self.entries = answers.written(given)


class ScoredUnit(Model):
    """A unit that was scored together with others, by its digest: what went into their calculations names it."""

    digest = FingerprintField(unique=True)
    key = key_of_subject()
    unit = PackedJSONField(pii="answers")

    append_only = True

    def __str__(self) -> str:
        return f"{self.digest}"


class ScoreInput(Model):
    """What went into calculations, by its digest: runs can share it, and each can be calculated again from it.

    ``units`` holds units, or digests whose fingerprints are those of a ``ScoredUnit`` that many inputs share.
    """

    digest = FingerprintField(unique=True)
    key = key_of_subject()
    units = PackedJSONField(pii="answers")
    reference_set = models.ForeignKey(ReferenceSet, models.PROTECT, null=True, blank=True, related_name="+")

    append_only = True

    def __str__(self) -> str:
        return f"{self.digest}"


class ScoreRunQuerySet(models.QuerySet["ScoreRun"]):
    def shown(self) -> Self:
        """Those that may be seen: of confidential assessments the released ones."""
        return self.filter(Q(assessment__confidential=False) | Q(disclosed__isnull=False))

    def with_nodes(self) -> Self:
        """Adds ``nodes``: what each node came to, by its code."""
        node = JSONObject(
            value="value",
            coverage="coverage",
            weight="weight",
            flags="flags",
            reason=NullIf(F("reason"), Value("")),
            raters="raters",
        )
        scores = Score.objects.filter(run=OuterRef("pk")).order_by().values("run")
        return self.annotate(nodes=Subquery(scores.annotate(nodes=ByKey("node", node)).values("nodes")))


class ScoreRun(Model):
    """One calculation, kept for ever: what went in (by digest), which engine, what came out.

    ``disclosed`` is for confidential assessments: how many people stand behind each node that the run shows.
    """

    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="runs")
    number = models.PositiveIntegerField()
    version = models.ForeignKey(ModelVersion, models.PROTECT, related_name="+")
    engine_version = models.CharField(max_length=20)
    input_digest = FingerprintField(db_index=True)
    unit = models.CharField(max_length=100, blank=True)
    score = models.FloatField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    band = models.CharField(max_length=100, blank=True)
    coverage = models.FloatField(null=True)
    rater_count = models.PositiveIntegerField(default=0)
    duration_ms = models.FloatField()
    calculated_at = models.DateTimeField()
    requested_by: "models.UUIDField[Any, Any]" = models.UUIDField(null=True, blank=True)
    disclosed = models.JSONField(null=True, blank=True, editable=False)

    append_only = True
    objects = ScoreRunQuerySet.as_manager()

    class Meta:
        # Who calculates from an outdated latest run comes out at a number that is taken.
        constraints = [models.UniqueConstraint(fields=["assessment", "number"], name="run_follows_one_other")]
        indexes = [models.Index(fields=["assessment", "-calculated_at"], name="run_latest")]

    def __str__(self) -> str:
        return f"{self.score} {self.calculated_at:%Y-%m-%d}"


class Score(Model):
    """The value of one node in one run."""

    run = models.ForeignKey(ScoreRun, models.PROTECT, related_name="scores")
    node = models.CharField(max_length=100)
    value = models.FloatField(null=True)
    coverage = models.FloatField(null=True)
    weight = models.FloatField(null=True)
    flags = models.JSONField(default=list)
    reason = models.CharField(max_length=200, blank=True)
    raters = models.PositiveIntegerField(null=True)

    append_only = True

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "node"], name="one_score_per_node")]

    def __str__(self) -> str:
        return f"{self.node} {self.value}"


class GoldenVector(Model):
    """Made-up units and what they came to when their version was published: every engine since has to agree."""

    version = models.OneToOneField(ModelVersion, models.PROTECT, related_name="golden_vector")
    engine_version = models.CharField(max_length=20)
    units = models.JSONField()
    results = models.JSONField()
    recorded_at = models.DateTimeField()

    append_only = True

    def __str__(self) -> str:
        return f"{self.version} {self.engine_version}"


class GoldenCheck(Model):
    """A golden vector calculated again: whether the results were the same, and by how much they differed."""

    vector = models.ForeignKey(GoldenVector, models.PROTECT, related_name="checks")
    engine_version = models.CharField(max_length=20)
    agrees = models.BooleanField()
    largest_difference = models.FloatField(null=True)
    checked_at = models.DateTimeField()

    append_only = True

    def __str__(self) -> str:
        return f"{self.vector_id} {self.checked_at:%Y-%m-%d}"


class Import(Model):
    """What came in from files at one time, so that it can be taken back while nothing rests on it."""

    kind = models.CharField(max_length=20)
    files = models.JSONField(default=list)
    version = models.ForeignKey(ModelVersion, models.SET_NULL, null=True, blank=True, related_name="+")
    made = FingerprintJSONField(default=dict, part="values")
    replaced = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return ", ".join(self.files)
