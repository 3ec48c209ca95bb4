"""Messages: one thing to one address on one channel; deliveries are its attempts."""

from collections.abc import Iterable
from datetime import datetime
from typing import Self
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core import presence
from apps.core.fields import Model, PersonTextField
from apps.keys.models import SubjectKey, key_of_person
from apps.notifications.about import About


class MessageQuerySet(models.QuerySet["Message"]):
    def due_at(self, moment: datetime) -> Self:
        return self.filter(presence.free_at(moment), state=Message.State.QUEUED, due_at__lte=moment)

    def readable(self) -> Self:
        """Not those to people who were erased."""
        return self.filter(Q(key=None) | Q(key__secret__isnull=False))

    def about(self, about: About) -> Self:
        return self.filter(about_type=about.type, about_id=about.id)

    def to(self, recipients: Iterable[UUID]) -> Self:
        return self.filter(recipient_id__in=list(recipients))


class Message(Model):
    """What is to be sent. Its id makes the Message-ID, the same over all retries, so that repeats can be told.

    ``about_type`` and ``about_id`` say what it is about, ``recipient_id`` to whose part in that it goes, ``occasion``
    which of its kind it is: the version of a link, the day of a reminder. All this together is one message. A message
    of before there were these columns, of which nobody knows what it is about, has neither of the first three.

    Text and address are under the key of the person whom it is to, as ``key`` says; without one, under the tenant's.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    channel = models.CharField(max_length=20, default="email")
    kind = models.CharField(max_length=60)
    purpose = models.CharField(max_length=30, blank=True)
    about_type = models.CharField(max_length=60, blank=True)
    about_id = models.UUIDField(null=True, blank=True)
    recipient_id = models.UUIDField(null=True, blank=True)
    occasion = models.CharField(max_length=200, blank=True)
    key = key_of_person()
    address = PersonTextField(pii="contact")
    subject = models.CharField(max_length=300)
    body = PersonTextField(pii="contact")
    language = models.CharField(max_length=10, default="en")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True, blank=True)
    leased_by = models.IntegerField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="queued"), name="message_due"),
            models.Index(fields=["sent_at"], condition=Q(channel="sms"), name="message_text_sent"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["about_type", "about_id", "recipient_id", "kind", "occasion", "channel"], name="message_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    @property
    def is_erased(self) -> bool:
        """Whether it is to somebody who was erased: there is nothing to send any more."""
        key: SubjectKey | None = self.key
        return key is not None and key.is_destroyed
