"""The files of a tenant: what is known of each. What is in them lies encrypted in the storage."""

from typing import Self

from django.db import models
from django.db.models import Q

from apps.core.fields import EncryptedTextField, Model


class StoredFileQuerySet(models.QuerySet["StoredFile"]):
    def there(self) -> Self:
        return self.filter(state=StoredFile.State.THERE)

    def counted(self) -> Self:
        """Those that take room, or will in a moment."""
        return self.filter(state__in=(StoredFile.State.ARRIVING, StoredFile.State.THERE))


class StoredFile(Model):
    """A file. ``place`` is where it lies in the storage, and says nothing of what it is.

    ``secret`` is its own key, in base64, encrypted under the tenant's: the header of the ciphertext says under which
    version. What it belongs to is named as in the audit trail (``owner_type``, ``owner_id``), empty for nothing.
    """

    class State(models.TextChoices):
        ARRIVING = "arriving", "Arriving"
        THERE = "there", "There"
        REFUSED = "refused", "Refused by the scan"

    class StorageClass(models.TextChoices):
        HOT = "hot", "Hot"
        WARM = "warm", "Warm"
        COLD = "cold", "Cold"

    kind = models.CharField(max_length=60)
    owner_type = models.CharField(max_length=100, blank=True, default="")
    owner_id = models.CharField(max_length=60, blank=True, default="")
    name = EncryptedTextField(pii="name")
    secret = EncryptedTextField(pii="technical", editable=False)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64, blank=True, default="")
    media_type = models.CharField(max_length=120)
    storage_class = models.CharField(max_length=10, choices=StorageClass, default=StorageClass.HOT)
    place = models.CharField(max_length=120, unique=True, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.ARRIVING)
    created_by = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)

    objects = StoredFileQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="there") | Q(sha256__regex=r"^[0-9a-f]{64}$"),
                name="stored_file_there_has_its_digest",
            ),
        ]
        indexes = [
            models.Index(fields=["owner_type", "owner_id"], name="stored_file_owner"),
            models.Index(fields=["expires_at"], condition=Q(expires_at__isnull=False), name="stored_file_expires"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
