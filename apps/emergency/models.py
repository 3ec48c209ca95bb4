"""Who asked for access in an emergency and why, who approved it, and who looked at it afterwards."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Q, When
from django.utils.translation import gettext_lazy as _

from apps.core.fields import EncryptedTextField, Model

#: It takes so many to approve it, it has to begin so soon after it was asked for, and it lasts no longer.
APPROVERS: Final = 2
GOOD_FOR: Final = timedelta(hours=4)
LASTS: Final = timedelta(minutes=60)


class EmergencyQuerySet(models.QuerySet["EmergencyAccess"]):
    def running_at(self, now: datetime) -> Self:
        """Those that have begun and are not over."""
        return self.filter(begun_at__isnull=False, ended_at=None, ends_at__gt=now)

    def open_first(self, now: datetime) -> Self:
        """Those of which somebody waits for something, before those that are done with; the latest first."""
        may_begin = Q(begun_at=None, ended_at=None, requested_at__gt=now - GOOD_FOR)
        is_open = Q(begun_at__isnull=False, reviewed_at=None) | may_begin
        return self.order_by(Case(When(is_open, then=0), default=1), "-requested_at")

    def unreviewed(self, now: datetime) -> Self:
        """Those that are over and that nobody else has looked at."""
        over = Q(ended_at__isnull=False) | Q(ends_at__lte=now)
        return self.filter(over, begun_at__isnull=False, reviewed_at=None)


class EmergencyAccess(Model):
    """One access, used once. Its moments say where it stands."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits for approval")
        APPROVED = "approved", _("Approved")
        LAPSED = "lapsed", _("Lapsed")
        CALLED_OFF = "called_off", _("Called off")
        RUNNING = "running", _("Running")
        TO_REVIEW = "to_review", _("To be reviewed")
        REVIEWED = "reviewed", _("Reviewed")

    user: Any = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="emergencies")
    reason = EncryptedTextField(pii="contact")
    requested_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    #: Before its time, or before it began: then it never does.
    ended_at = models.DateTimeField(null=True, blank=True)
    #: The grant that it is; no foreign key, since the platform has grants and no emergencies.
    grant_id = models.UUIDField(null=True, blank=True, editable=False)
    reviewed_by: Any = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    review = EncryptedTextField(pii="contact", blank=True, default="")

    objects: ClassVar[models.Manager["EmergencyAccess"]] = EmergencyQuerySet.as_manager()

    class Meta:
        verbose_name = "emergency access"
        verbose_name_plural = "emergency accesses"
        constraints = [
            models.CheckConstraint(
                condition=Q(begun_at=None, ends_at=None) | Q(begun_at__isnull=False, ends_at__isnull=False),
                name="emergency_ends_if_begun",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_at=None, reviewed_by=None)
                | Q(reviewed_at__isnull=False, reviewed_by__isnull=False),
                name="emergency_reviewed_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.requested_at:%Y-%m-%d %H:%M}"

    def state_at(self, now: datetime, approvals: int = 0) -> "EmergencyAccess.State":
        """Where it stands; ``approvals``: how many of them count, which is asked before it begins alone."""
        if self.begun_at is None:
            return self._state_before(now, approvals)
        if self.is_running_at(now):
            return self.State.RUNNING
        return self.State.REVIEWED if self.reviewed_at else self.State.TO_REVIEW

    def _state_before(self, now: datetime, approvals: int) -> "EmergencyAccess.State":
        if self.ended_at is not None:
            return self.State.CALLED_OFF
        if not self.is_good_at(now):
            return self.State.LAPSED
        return self.State.APPROVED if approvals >= APPROVERS else self.State.WAITING

    def is_good_at(self, now: datetime) -> bool:
        """Whether it may still be approved and begun."""
        return self.begun_at is None and self.ended_at is None and now < self.requested_at + GOOD_FOR

    def is_running_at(self, now: datetime) -> bool:
        return self.ends_at is not None and self.ended_at is None and now < self.ends_at


class Approval(Model):
    """One of the two who approved it."""

    access = models.ForeignKey(EmergencyAccess, models.CASCADE, related_name="approvals")
    approver: Any = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    approved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["access", "approver"], name="emergency_approved_once_by_each")]

    def __str__(self) -> str:
        return f"{self.access}: {self.approver}"
