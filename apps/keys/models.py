"""The data keys of all tenants, wrapped. Row-level security shows each tenant its own; none of them changes any."""

from typing import Self

from django.db import models
from django.db.models import Q

from apps.core import crypto
from apps.core.models import TenantRow


class DataKeyQuerySet(models.QuerySet["DataKey"]):
    def of(self, schema: str, purpose: str = crypto.FIELD) -> Self:
        return self.filter(tenant=schema, purpose=purpose)

    def active(self) -> Self:
        return self.filter(state=DataKey.State.ACTIVE)

    def usable(self) -> Self:
        return self.exclude(state=DataKey.State.DESTROYED)


class DataKey(TenantRow):
    """A key of one purpose in one tenant's schema, wrapped by a key-encryption key, which ``provider`` names.

    One version is active: what is written is under it. Those before decrypt only, until nothing is under them any more
    (``unused_at``) and they may be destroyed; what is left of such a key is that there was one. Version 0 was derived
    from the key-encryption key, before keys were stored.
    """

    class Purpose(models.TextChoices):
        FIELD = crypto.FIELD, "fields"
        INDEX = crypto.INDEX, "blind indexes"

    class State(models.TextChoices):
        ACTIVE = "active"
        DECRYPT_ONLY = "decrypt-only"
        DESTROYED = "destroyed"

    purpose = models.CharField(max_length=10, choices=Purpose)
    version = models.PositiveBigIntegerField()
    state = models.CharField(max_length=15, choices=State, default=State.ACTIVE)
    provider = models.CharField(max_length=200)
    wrapped = models.BinaryField()
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)
    unused_at = models.DateTimeField(null=True, blank=True)
    destroyed_at = models.DateTimeField(null=True, blank=True)

    tenants_may = "SELECT"
    objects = DataKeyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "purpose", "version"], name="data_key_version_once"),
            models.UniqueConstraint(
                fields=["tenant", "purpose"], condition=Q(state="active"), name="data_key_one_is_active"
            ),
            models.CheckConstraint(condition=Q(version__lt=2**32), name="data_key_version_fits_its_header"),
            models.CheckConstraint(
                condition=Q(state="destroyed", wrapped=b"", destroyed_at__isnull=False)
                | (~Q(state="destroyed") & ~Q(wrapped=b"")),
                name="data_key_is_gone_once_destroyed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tenant} {self.purpose} {self.version}"

    @property
    def place(self) -> str:
        """What the wrapped key is bound to: it unwraps in no other place."""
        return f"{self.tenant}|{self.purpose}|{self.version}"
