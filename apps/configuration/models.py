"""What is set, by key, and how it came to be. The public schema's tables are the platform's; a tenant has its own.

Values of a key whose text may name somebody are encrypted, here as in the history.
"""

import json
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django_tenants.utils import get_public_schema_name

from apps.configuration.registry import KEYS, Level
from apps.core.fields import EncryptedTextField, Model
from apps.core.tenancy import current_schema


class Layer(models.TextChoices):
    """For whom a row of this schema speaks: for the schema itself, for one of its users, or for all for a time."""

    OWN = "own"
    USER = "user"
    RUNTIME = "runtime"

    def level(self, *, on_platform: bool) -> Level:
        """The level at which a row of the platform's table, or of a tenant's, speaks."""
        own = Level.GLOBAL if on_platform else Level.TENANT
        return {Layer.OWN: own, Layer.USER: Level.USER, Layer.RUNTIME: Level.RUNTIME}[self]


def _kept(name: str) -> Any:
    """JSON in the column ``open_…``, or in ``sealed_…`` where it may name somebody; None where there is none.

    What a process of before has set is in the open, whatever is sealed beside it.
    """

    def read(row: Any) -> Any:
        in_the_open, sealed = getattr(row, f"open_{name}"), getattr(row, f"sealed_{name}")
        return json.loads(sealed) if in_the_open is None and sealed is not None else in_the_open

    def write(row: Any, value: Any) -> None:
        is_open = value is None or (row.key in KEYS and KEYS[row.key].may_be_kept)
        setattr(row, f"open_{name}", value if is_open else None)
        setattr(row, f"sealed_{name}", None if is_open else json.dumps(value, ensure_ascii=False))

    return property(read, write)


class AtLevel:
    """What stands in the tables of the current schema."""

    layer: str

    @property
    def level(self) -> Level:
        return Layer(self.layer).level(on_platform=current_schema() == get_public_schema_name())


class SettingQuerySet(models.QuerySet["Setting"]):
    def held_at(self, moment: datetime) -> Self:
        """Without what held until an earlier moment."""
        return self.filter(Q(until=None) | Q(until__gt=moment))


class Setting(Model):
    """What is set of a key now; absent keys fall through to the level below.

    The database knows what a process of before there were layers leaves out, and counts what that writes (a trigger).
    """

    key = models.CharField(max_length=100)
    layer = models.CharField(max_length=10, choices=Layer, default=Layer.OWN, db_default=Layer.OWN)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+")
    open_value = models.JSONField(null=True, db_column="value")
    sealed_value = EncryptedTextField(pii="contact", null=True)
    value = _kept("value")
    is_locked = models.BooleanField(default=False, db_default=False)
    until = models.DateTimeField(null=True, blank=True)
    version = models.PositiveBigIntegerField(default=0, db_default=0)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=40, blank=True, default="", db_default="")

    objects = SettingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "layer", "user"], nulls_distinct=False, name="setting_once"),
            models.CheckConstraint(
                condition=Q(layer=Layer.USER, user__isnull=False) | (~Q(layer=Layer.USER) & Q(user=None)),
                name="setting_of_a_user_names_one",
            ),
            models.CheckConstraint(
                condition=Q(layer=Layer.RUNTIME, until__isnull=False) | (~Q(layer=Layer.RUNTIME) & Q(until=None)),
                name="setting_at_run_time_ends",
            ),
        ]

    def __str__(self) -> str:
        return self.key


class Change(AtLevel, Model):
    """One key that changed, as the history keeps it. What changed together has one version; versions count from 1.

    ``old`` and ``new`` are null where nothing was set; both hold ``{"value": …, "locked": …, "until": …}``.
    """

    version = models.PositiveBigIntegerField()
    key = models.CharField(max_length=100)
    layer = models.CharField(max_length=10, choices=Layer, default=Layer.OWN)
    user = models.UUIDField(null=True, blank=True)
    open_old = models.JSONField(null=True, db_column="old")
    open_new = models.JSONField(null=True, db_column="new")
    sealed_old = EncryptedTextField(pii="contact", null=True)
    sealed_new = EncryptedTextField(pii="contact", null=True)
    old = _kept("old")
    new = _kept("new")
    reason = models.CharField(max_length=200, blank=True, default="")
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=40, blank=True, default="")

    append_only = True

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "key", "layer", "user"], nulls_distinct=False, name="change_once_a_version"
            )
        ]
        indexes = [models.Index(fields=["key", "version"], name="change_of_key")]

    def __str__(self) -> str:
        return f"{self.key} {self.version}"


class PlannedChange(AtLevel, Model):
    """A change that waits: for a second administrator, or for its time."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting for a second person"
        SCHEDULED = "scheduled", "Scheduled"
        APPLIED = "applied", "Applied"
        REJECTED = "rejected", "Rejected"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"

    key = models.CharField(max_length=100)
    layer = models.CharField(max_length=10, choices=Layer, default=Layer.OWN)
    user = models.UUIDField(null=True, blank=True)
    #: As ``Change.new``: null takes back what is set.
    open_new = models.JSONField(null=True, db_column="new")
    sealed_new = EncryptedTextField(pii="contact", null=True)
    new = _kept("new")
    reason = models.CharField(max_length=200, blank=True, default="")
    state = models.CharField(max_length=10, choices=State)
    starts_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=40, blank=True, default="")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=40, blank=True, default="")
    problem = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        indexes = [
            models.Index(fields=["starts_at"], condition=Q(state="scheduled"), name="planned_change_due"),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.state}"

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.WAITING, self.State.SCHEDULED)
