"""Tables that all tenants share: the outbox, jobs, remembered answers, epochs. Row-level security keeps them apart."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from apps.core import presence, roles
from apps.core.fields import EncryptedJSONField, EncryptedTextField, Model
from apps.core.tenancy import current_schema


class TenantRow(Model):
    """A row of a shared table that belongs to one tenant, by the name of its schema.

    ``tenants_may``: what the roles of tenants are granted on the table, as PostgreSQL writes it.
    """

    tenant = models.CharField(max_length=63, default=current_schema, editable=False)

    class Meta:
        abstract = True


class Event(TenantRow):
    """Something that happened, in the past tense. Written in the transaction in which it happened."""

    name = models.CharField(max_length=100)
    payload = models.JSONField(default=dict)
    occurred_at = models.DateTimeField()
    traceparent = models.CharField(max_length=60, blank=True)

    tenants_may = "SELECT, INSERT"

    def __str__(self) -> str:
        return f"{self.name} {self.pk}"


class EventDeliveryQuerySet(models.QuerySet["EventDelivery"]):
    def due_at(self, moment: datetime) -> Self:
        return self.filter(presence.free_at(moment), state=EventDelivery.State.PENDING, due_at__lte=moment)

    def of_queues(self, queues: Sequence[str]) -> Self:
        """What waits in these. What waits in one that is not known, of a later version, belongs to the default one."""
        if roles.DEFAULT not in queues:
            return self.filter(queue__in=queues)
        others = [queue for queue in roles.QUEUES if queue not in queues]
        return self.exclude(queue__in=others) if others else self


class EventDelivery(TenantRow):
    """One event on its way to one subscriber: retried alone, and exactly once inside the database."""

    class State(models.TextChoices):
        PENDING = "pending"
        DONE = "done"
        DEAD = "dead"

    event = models.ForeignKey(Event, models.CASCADE, related_name="deliveries")
    subscriber = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True, blank=True)
    leased_by = models.IntegerField(null=True, blank=True)
    queue = models.CharField(max_length=20, default=roles.DEFAULT, db_default=roles.DEFAULT)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)

    tenants_may = "SELECT, INSERT, UPDATE"
    objects = EventDeliveryQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "subscriber"], name="event_once_per_subscriber")]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="pending"), name="event_delivery_due"),
            models.Index(fields=["queue", "due_at"], condition=Q(state="pending"), name="event_delivery_due_in_queue"),
        ]

    def __str__(self) -> str:
        return f"{self.subscriber} {self.state}"


class Job(TenantRow):
    """Long work that somebody asked for: its progress, and how it ended."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        CANCELLED = "cancelled"

    kind = models.CharField(max_length=60)
    parameters = EncryptedJSONField(pii="", default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    progress = models.FloatField(default=0.0)
    starts = models.PositiveSmallIntegerField(default=0, editable=False)
    result = EncryptedJSONField(pii="")
    problem = models.JSONField(null=True, blank=True)
    requested_by = models.UUIDField()
    #: With what it was asked for; whoever runs it knows how to read this. Nobody reads an empty one.
    reach = models.CharField(max_length=60, default="", blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    tenants_may = "SELECT, INSERT, UPDATE"

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    @property
    def has_ended(self) -> bool:
        return self.state in (self.State.SUCCEEDED, self.State.FAILED, self.State.CANCELLED)


class Pulse(Model):
    """When a process that serves no port was last alive: the latest of each role. No tenant's."""

    role = models.CharField(max_length=20, unique=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.role} {self.seen_at}"


class RememberedAnswer(TenantRow):
    """The first answer to a request with an ``Idempotency-Key``; a replay gets it again."""

    user = models.UUIDField()
    key = models.CharField(max_length=255)
    request_digest = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = EncryptedTextField(pii="answers", default="")
    created_at = models.DateTimeField()

    tenants_may = "SELECT, INSERT, UPDATE, DELETE"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "user", "key"], name="answer_once_per_key")]

    def __str__(self) -> str:
        return self.key


class Epoch(TenantRow):
    """How often something that processes remember has changed, of one tenant or of the platform."""

    of = models.CharField(max_length=40)
    number = models.PositiveBigIntegerField(default=0)

    tenants_may = "SELECT, INSERT, UPDATE"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "of"], name="epoch_once")]

    def __str__(self) -> str:
        return f"{self.of} {self.tenant} {self.number}"


class TenantFact(TenantRow):
    """What a tenant's own table says under a name, in brief: the platform looks at all of them by one query.

    The table itself keeps it up to date (a trigger), with the row's id. ``value`` is null where it is not for the
    platform to see. It holds ``until`` a moment, or for good.
    """

    of = models.CharField(max_length=40)
    name = models.CharField(max_length=100)
    value = models.JSONField(null=True)
    until = models.DateTimeField(null=True)

    tenants_may = "SELECT, INSERT, UPDATE, DELETE"

    class Meta:
        indexes = [models.Index(fields=["of", "name", "tenant"], name="tenant_fact_by_name")]

    def __str__(self) -> str:
        return f"{self.of} {self.name} {self.tenant}"
