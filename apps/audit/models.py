"""The append-only event table, outside the tenants' schemas.

The database stamps time, transaction and digest; the runtime roles may add and read, nobody may change or remove.
Monthly partitions keep seven years manageable. Nothing seals the trail yet: ``xid``, which tells when a range is closed
for ever, and ``digest`` are there for it.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now

from apps.core.fields import CharField, JSONField, Model


class AuditEntryManager(models.Manager["AuditEntry"]):
    """What django-auditlog expects of the manager of its log entries; ``capture`` listens."""

    on_change: ClassVar[Callable[..., None]]
    on_relation: ClassVar[Callable[..., None]]

    def log_create(self, instance: models.Model, force_log: bool = False, **details: Any) -> None:
        type(self).on_change(instance, force_log, details)

    def log_m2m_changes(
        self, changed: Any, instance: models.Model, operation: str, field_name: str, **details: Any
    ) -> None:
        type(self).on_relation(changed, instance, operation, field_name)


class AuditEntry(Model):
    """One thing that somebody did, tried to do, or read."""

    class Action:
        """The kinds of change that django-auditlog tells apart."""

        CREATE = 0
        UPDATE = 1
        DELETE = 2
        ACCESS = 3

    class Category(models.TextChoices):
        AUTHENTICATION = "authentication"
        AUTHORIZATION = "authorization"
        DATA = "data"
        CONFIGURATION = "configuration"
        ADMINISTRATION = "administration"

    class Outcome(models.TextChoices):
        SUCCESS = "success"
        FAILURE = "failure"
        DENIED = "denied"

    tenant = models.CharField(max_length=63)
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)  # stamped by the database
    occurred_at = models.DateTimeField()
    category = models.CharField(max_length=20, choices=Category)
    action = models.CharField(max_length=100)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.SUCCESS)
    actor_type = models.CharField(max_length=20)
    actor = models.CharField(max_length=40, blank=True)  # an id, never a name
    ip = CharField(pii="technical", max_length=45, blank=True)
    user_agent = CharField(pii="technical", max_length=200, blank=True)
    trace_id = models.CharField(max_length=32, blank=True)
    object_type = models.CharField(max_length=60, blank=True)
    object_id = models.CharField(max_length=40, blank=True)
    details = JSONField(pii="technical", default=dict)
    schema_version = models.PositiveSmallIntegerField(default=1)

    append_only = True
    tenants_may = "SELECT, INSERT"
    objects = AuditEntryManager()

    class Meta:
        db_table = "audit_entry"
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"
