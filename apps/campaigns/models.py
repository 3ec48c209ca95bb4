"""Campaigns ask stakeholders to assess a subject; a participation is one stakeholder in one campaign."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Count, Q

from apps.core.fields import BlindIndexField
from apps.keys.models import People
from apps.models.people import least_people
from apps.notifications.about import About
from apps.outreach.models import LinkHolder, Person, Round


class Stakeholder(Person):
    """A contact who can be asked: a person with an address, in a group."""

    email_index = BlindIndexField(of="email", null=True, unique=True)
    email_index_2 = BlindIndexField(of="email", slot=2, null=True, unique=True)
    group = models.CharField(max_length=60, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()

    objects = People["Stakeholder"]()


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def open_at(self, moment: datetime) -> Self:
        return self.filter(status=Campaign.Status.OPEN, closes_at__gt=moment)

    def with_counts(self) -> Self:
        people = "participations"
        return self.annotate(
            people_count=Count(people),
            invited_count=Count(people, filter=Q(participations__invited_at__isnull=False)),
            opened_count=Count(people, filter=Q(participations__opened_at__isnull=False)),
            started_count=Count(people, filter=Q(participations__response__started_at__isnull=False)),
            submitted_count=Count(people, filter=Q(participations__response__submitted_at__isnull=False)),
        )


class Campaign(Round):
    """A request to a group of stakeholders to assess a subject by a date."""

    version = models.ForeignKey("resilience.ModelVersion", models.PROTECT, related_name="campaigns")
    subject = models.ForeignKey("resilience.Subject", models.PROTECT, related_name="campaigns")
    period = models.CharField(max_length=60, blank=True)
    reference_set = models.ForeignKey(
        "resilience.ReferenceSet", models.PROTECT, null=True, blank=True, related_name="campaigns"
    )
    assessment = models.OneToOneField(
        "resilience.Assessment", models.PROTECT, null=True, blank=True, related_name="campaign"
    )
    closes_at = models.DateTimeField()

    objects = CampaignQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status="draft") | Q(opened_at__isnull=False, assessment__isnull=False),
                name="campaign_opened_at_set_once_open",
            ),
        ]

    def accepts_answers_at(self, moment: datetime) -> bool:
        return super().accepts_answers_at(moment) and moment < self.closes_at

    @property
    def least_people(self) -> int:
        """How many people results stand for at least, as was promised; before it opens, what would be promised now."""
        return least_people() if self.assessment is None else self.assessment.least_people


class ParticipationQuerySet(models.QuerySet["Participation"]):
    def uninvited(self) -> Self:
        return self.filter(invited_at=None, revoked_at=None, response__isnull=False)

    def unsubmitted(self) -> Self:
        """Those who were asked and have not sent their answers."""
        waiting = self.filter(invited_at__isnull=False, revoked_at=None, response__submitted_at=None)
        return waiting.filter(is_sealed=False)


class Participation(LinkHolder):
    """One stakeholder's part in one campaign, reached by a personal link.

    ``seen_version`` is the version of the link that staff have looked at. ``is_sealed`` says that the address changed
    after answering began: the link, which opens the answers, is not sent again.
    """

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="participations")
    stakeholder = models.ForeignKey(Stakeholder, models.PROTECT, related_name="participations")
    response = models.OneToOneField(
        "resilience.Response", models.PROTECT, null=True, blank=True, related_name="participation"
    )
    seen_version = models.PositiveSmallIntegerField(default=0)
    is_sealed = models.BooleanField(default=False)

    objects = ParticipationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "stakeholder"], name="stakeholder_once_per_campaign")
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def has_begun(self) -> bool:
        """Whether the link opens answers, finished or not."""
        return self.response is not None and self.response.started_at is not None

    @property
    def is_seen(self) -> bool:
        """Whether somebody else has looked at the link: then answers are shown in the browser alone that began them."""
        return self.seen_version == self.link_version

    @property
    def can_answer(self) -> bool:
        return self.response is not None

    @property
    def may_get_link(self) -> bool:
        return super().may_get_link and not self.is_sealed

    @property
    def has_answered(self) -> bool:
        return self.response is not None and self.response.submitted_at is not None

    @property
    def person(self) -> Stakeholder:
        return self.stakeholder

    @property
    def round(self) -> Campaign:
        return self.campaign

    @property
    def about(self) -> About:
        return About("campaigns.campaign", self.campaign_id)
