"""Elicitations ask experts how much the parts of a draft's nodes should weigh; judgements are what they say."""

from functools import cached_property
from typing import Any, Self

from django.db import models
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from apps.core.fields import JSONField, Model
from apps.elicitation.question_snapshot import AskedNode, asked_nodes
from apps.keys.models import People
from apps.notifications.about import About
from apps.outreach.models import LinkHolder, Person, Round


class WeightElicitationQuerySet(models.QuerySet["WeightElicitation"]):
    def with_counts(self) -> Self:
        taking_part = Q(experts__revoked_at=None) | Q(experts__sent_at__isnull=False)
        return self.annotate(
            expert_count=Count("experts", filter=taking_part),
            sent_count=Count("experts", filter=Q(experts__sent_at__isnull=False)),
        )


class WeightElicitation(Round):
    """A request to experts to weigh the children of some nodes of a draft.

    ``nodes`` keeps what is asked as it was when the elicitation was made: each parent with its children, by code and
    name, so that nobody is asked one thing and counted for another.
    """

    class Method(models.TextChoices):
        BUDGET = "budget_allocation", _("Budget: 100 points to share out")
        AHP = "ahp", _("Pairs: which of two matters more, and how much (AHP)")

    version = models.ForeignKey("resilience.ModelVersion", models.PROTECT, related_name="+")
    method = models.CharField(max_length=20, choices=Method)
    nodes = models.JSONField()
    answer_by = models.DateField(null=True, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)

    objects = WeightElicitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status="draft") | Q(opened_at__isnull=False), name="elicitation_opened_at_set_once_open"
            ),
        ]

    @cached_property
    def asked(self) -> tuple[AskedNode, ...]:
        return asked_nodes(self.nodes)

    @property
    def takes_judgements(self) -> bool:
        """Whether judgements can be entered on somebody's behalf; experts themselves need it to be open."""
        return self.status != self.Status.CLOSED


class ExpertQuerySet(models.QuerySet["Expert"]):
    def unasked(self) -> Self:
        return self.filter(invited_at=None, revoked_at=None, sent_at=None)

    def silent(self) -> Self:
        """Those who were asked and have not sent their judgements."""
        return self.filter(invited_at__isnull=False, revoked_at=None, sent_at=None)


class Expert(Person, LinkHolder):
    """One person whose judgement one elicitation asks for, reached by a personal link."""

    elicitation = models.ForeignKey(WeightElicitation, models.CASCADE, related_name="experts")
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = People.from_queryset(ExpertQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["elicitation", "email_index"], name="expert_once_per_elicitation"),
            models.UniqueConstraint(fields=["elicitation", "email_index_2"], name="expert_once_per_elicitation_2"),
        ]

    @property
    def person(self) -> Person:
        return self

    @property
    def has_begun(self) -> bool:
        """One query, unless the judgements were prefetched."""
        return bool(self.judgements.all())

    @property
    def has_answered(self) -> bool:
        return self.sent_at is not None

    @property
    def counts_as_withdrawn(self) -> bool:
        """What was sent through a link that was withdrawn since counts still."""
        return super().counts_as_withdrawn and not self.has_answered

    @property
    def round(self) -> WeightElicitation:
        return self.elicitation

    @property
    def about(self) -> About:
        return About("elicitation.weightelicitation", self.elicitation_id)


class Judgement(Model):
    """What one expert says about one node's children.

    ``value`` is the answer as it is being given and may have gaps; ``sent`` is what was sent last, whole, and counts.
    Both are ``{"points": {child: 0..100}}`` or ``{"comparisons": [{"more", "less", "strength": 1..9}]}``.
    """

    expert = models.ForeignKey(Expert, models.CASCADE, related_name="judgements")
    node = models.CharField(max_length=100)
    value = JSONField(pii="answers")
    sent: "models.JSONField[Any, Any]" = JSONField(pii="answers", null=True, blank=True)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["expert", "node"], name="one_judgement_per_node")]

    def __str__(self) -> str:
        return self.node
