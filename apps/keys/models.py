"""The keys of all tenants, wrapped. Row-level security shows each tenant its own; none of them changes a data key."""

import base64
import secrets
from collections.abc import Sequence
from typing import Any, Final, Self, TypeVar
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from apps.core import crypto
from apps.core.fields import EncryptedTextField, Model, random_id
from apps.core.models import TenantRow
from apps.core.tenancy import current_schema
from apps.keys import offline

E = TypeVar("E", bound="Erasable")


class DataKeyQuerySet(models.QuerySet["DataKey"]):
    def of(self, schema: str, purpose: str = crypto.FIELD) -> Self:
        return self.filter(tenant=schema, purpose=purpose)

    def active(self) -> Self:
        return self.filter(state=DataKey.State.ACTIVE)

    def usable(self) -> Self:
        return self.exclude(state=DataKey.State.DESTROYED)

    def unfinished(self) -> Self:
        """Those of blind indexes that are coming or leaving, or under which there may be digests still: one at most."""
        return self.usable().filter(purpose=crypto.INDEX, unused_at=None).exclude(state=DataKey.State.ACTIVE)

    def lacking(self, fingerprints: Sequence[str]) -> Self:
        """Those of which not every one of these recovery keys has a copy."""
        return self.exclude(escrow__has_keys=list(fingerprints))


class DataKey(TenantRow):
    """A key of one purpose in one tenant's schema, wrapped by a key-encryption key, which ``provider`` names.

    One version is active: what is written is under it. Those before decrypt or verify only, until nothing is under them
    any more (``unused_at``) and they may be destroyed; what is left of such a key is that there was one. Version 0 is
    of before keys were stored: derived from the key-encryption key or, for what is signed, SECRET_KEY itself.

    A digest does not say its version. So keys of blind indexes take turns in two columns (``slot``), and come and leave
    by steps (``moved_at``: when, by the database's clock): digests are written under one that is ``coming``, ``active``
    or ``leaving``, and looked for under the active one alone. The key of fingerprints is never replaced: equal content
    has to be found for ever.
    """

    class Purpose(models.TextChoices):
        FIELD = crypto.FIELD, _("fields")
        INDEX = crypto.INDEX, _("blind indexes")
        SIGNING = crypto.SIGNING, _("links and tokens")
        FINGERPRINT = crypto.FINGERPRINT, _("fingerprints")

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        DECRYPT_ONLY = "decrypt-only", _("Decrypt only")
        DESTROYED = "destroyed", _("Destroyed")
        COMING = "coming", _("Coming")
        LEAVING = "leaving", _("Leaving")

    #: Under keys in these states digests are written.
    WRITTEN: Final = (State.COMING, State.ACTIVE, State.LEAVING)

    purpose = models.CharField(max_length=20, choices=Purpose)
    version = models.PositiveBigIntegerField()
    state = models.CharField(max_length=15, choices=State, default=State.ACTIVE)
    provider = models.CharField(max_length=200)
    wrapped = models.BinaryField()
    #: A copy for each recovery key, in base64, by its fingerprint.
    escrow = models.JSONField(default=dict, db_default={})
    #: How many values are under it, as last counted, and how often it has encrypted one at the most (``services``).
    values = models.PositiveBigIntegerField(null=True, blank=True)
    counted_at = models.DateTimeField(null=True, blank=True)
    written = models.PositiveBigIntegerField(default=0, db_default=0)
    seen_writes = models.PositiveBigIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)
    unused_at = models.DateTimeField(null=True, blank=True)
    destroyed_at = models.DateTimeField(null=True, blank=True)
    slot = models.PositiveSmallIntegerField(default=1, db_default=1)
    moved_at = models.DateTimeField(null=True, blank=True)

    tenants_may = "SELECT"
    objects = DataKeyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "purpose", "version"], name="data_key_version_once"),
            models.UniqueConstraint(
                fields=["tenant", "purpose"], condition=Q(state="active"), name="data_key_one_is_active"
            ),
            models.UniqueConstraint(
                fields=["tenant", "slot"],
                condition=Q(purpose="index", unused_at=None) & ~Q(state="destroyed"),
                name="data_key_one_in_a_slot",
            ),
            models.CheckConstraint(condition=Q(version__lt=2**32), name="data_key_version_fits_its_header"),
            models.CheckConstraint(
                condition=Q(state="destroyed", wrapped=b"", escrow={}, destroyed_at__isnull=False)
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


class OwnKey(Model):
    """The key-encryption key that the operator has named for one tenant, by schema. The platform's.

    What is wrapped says itself by which key, so this is about what is wrapped from now on.
    """

    tenant = models.CharField(max_length=63, unique=True)
    provider = models.CharField(max_length=200, unique=True)
    named_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.tenant} {self.provider}"


def new_secret() -> str:
    return secrets.token_hex(crypto.KEY_BYTES)


class SubjectKey(TenantRow):
    """The key of one person or one response, under the tenant's data key: a rotation of that writes these anew alone.

    It can be destroyed alone, and what is under it with it. Its id is random, and neither it nor its place says when
    that was or whose it is: only the row that it belongs to leads here.
    """

    id = models.UUIDField(primary_key=True, default=random_id, editable=False)
    secret = EncryptedTextField(pii="", null=True, default=new_secret, editable=False)

    tenants_may = "SELECT, INSERT, UPDATE, DELETE"

    class Meta:
        indexes = [models.Index(fields=["tenant", "id"], name="subject_key_by_tenant")]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_destroyed(self) -> bool:
        return self.__dict__["secret"] is None

    @cached_property
    def cipher(self) -> AESGCM:
        """Raises ``crypto.Erased``, ``KeyAway`` and ``Undecryptable``."""
        if self.secret is None:
            raise crypto.Erased
        return AESGCM(bytes.fromhex(self.secret))


def cipher_of(key: UUID, secret: bytes | None) -> AESGCM:
    """The cipher of a key whose columns were read without its model, as of many. Raises as ``SubjectKey.cipher``."""
    if secret is None:
        raise crypto.Erased
    plain = crypto.decrypt(secret, schema=current_schema(), place=f"keys.subjectkey|secret|{key}")
    return AESGCM(bytes.fromhex(plain))


def key_of_subject() -> "models.OneToOneField[Any, Any]":
    """Leads a row to its key. No constraint: keys are backed up apart, and a schema is restored without them."""
    return models.OneToOneField(
        SubjectKey, models.DO_NOTHING, null=True, db_constraint=False, editable=False, related_name="+"
    )


def key_of_person() -> "models.ForeignKey[Any, Any]":
    """Leads one of several rows to the key of the person whom they are about, which is another row's; as above."""
    return models.ForeignKey(
        SubjectKey, models.DO_NOTHING, null=True, db_constraint=False, editable=False, related_name="+"
    )


class People(models.Manager[E]):
    """Everybody comes with their key, by which their names are read."""

    def get_queryset(self) -> models.QuerySet[E]:
        return super().get_queryset().select_related("key")

    def known(self) -> models.QuerySet[E]:
        """Those who were not erased."""
        return self.filter(Q(key=None) | Q(key__secret__isnull=False))


class Erasable(Model):
    """Somebody whose name and address are under a key of theirs: once it is destroyed nobody knows who they were."""

    key = key_of_subject()

    class Meta:
        abstract = True

    @property
    def is_erased(self) -> bool:
        key: SubjectKey | None = self.key
        return key is not None and key.is_destroyed


class RecoveryKeyQuerySet(models.QuerySet["RecoveryKey"]):
    def in_use(self) -> Self:
        return self.filter(retired_at=None)

    def copies(self, secret: bytes, place: str) -> dict[str, str]:
        """A data key for each of these, as ``DataKey.escrow`` holds them."""
        return {one.fingerprint: one.copy(secret, place) for one in self}


class RecoveryKey(Model):
    """The public half of a key that people keep offline, for whom there is a copy of each data key. The platform's."""

    fingerprint = models.CharField(max_length=32, unique=True)
    public = models.TextField()
    added_at = models.DateTimeField()
    drilled_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = RecoveryKeyQuerySet.as_manager()

    def __str__(self) -> str:
        return self.fingerprint

    def copy(self, secret: bytes, place: str) -> str:
        return base64.b64encode(offline.seal(self.public, secret, place)).decode()
