"""The files of a tenant: what is known of each. What is in them lies encrypted in the storage."""

from datetime import datetime, timedelta
from typing import Final, Self

from django.db import models
from django.db.models import Q

from apps.core.fields import EncryptedTextField, Model

#: Nobody still brings what has been arriving for so long; and for so long it is shown that a file was refused.
GIVEN_UP: Final = timedelta(hours=24)


class StoredFileQuerySet(models.QuerySet["StoredFile"]):
    def there(self) -> Self:
        return self.filter(state=StoredFile.State.THERE)

    def counted(self) -> Self:
        """Those that take room, or will in a moment."""
        return self.exclude(state=StoredFile.State.REFUSED)

    def uploading_at(self, moment: datetime) -> Self:
        """Those that come in pieces, and for which the next piece is still taken."""
        return self.filter(state=StoredFile.State.UPLOADING, created_at__gt=moment - GIVEN_UP)


class StoredFile(Model):
    """A file. ``place`` is where it lies in the storage, and says nothing of what it is.

    ``secret`` is its own key, in base64, encrypted under the tenant's: the header of the ciphertext says under which
    version. What it belongs to is named as in the audit trail (``owner_type``, ``owner_id``), empty for nothing. Of one
    that comes in pieces, ``sha256`` is what it should be, where whoever brings it has said so.
    """

    class State(models.TextChoices):
        ARRIVING = "arriving", "Arriving"
        UPLOADING = "uploading", "Arriving in pieces"
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

    @property
    def given_up_at(self) -> datetime:
        return self.created_at + GIVEN_UP


class Piece(Model):
    """A piece of a file that is uploading: the bytes from ``start`` on, encrypted by a key of its own.

    The key is new for every attempt, so that whoever sends other bytes the second time never meets a nonce again.
    """

    file = models.ForeignKey(StoredFile, models.CASCADE, related_name="pieces")
    start = models.PositiveBigIntegerField()
    size = models.PositiveIntegerField()
    secret = EncryptedTextField(pii="technical", editable=False)
    place = models.CharField(max_length=120, unique=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "start"], name="piece_once_at_its_start")]

    def __str__(self) -> str:
        return f"{self.file_id} from {self.start}"
