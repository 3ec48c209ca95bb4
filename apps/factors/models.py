"""What somebody has besides a password."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device as FrameworkDevice

from apps.core.fields import BlindIndexField, EncryptedTextField, Model, PersonTextField
from apps.core.lookup import Lookup
from apps.factors import codes, totp
from apps.factors.passkeys import Credential
from apps.keys.models import key_of_person
from apps.notifications import phones


class FactorQuerySet(models.QuerySet["Factor"]):
    def in_use(self) -> Self:
        """Those with which somebody signs in; the others wait for their first code."""
        return self.filter(confirmed=True)

    def strong(self) -> Self:
        """Those that are factors by themselves: the others only stand in for one."""
        return self.in_use().exclude(kind__in=BACKUPS)


class Factor(Model, FrameworkDevice):
    """A device of django-otp's, of our own kind: its seed is under the key of its owner.

    ``last_step`` is that of the last code of an authenticator app which was used: none before it opens anything again.
    The framework's ``verify_token`` stays closed, since it knows of no limits: codes are taken by ``services.verify``.
    """

    class Kind(models.TextChoices):
        APP = "totp", _("Authenticator app")
        CODES = "backup-codes", _("Backup codes")
        PASSKEY = "passkey", _("Passkey")
        TEXT = "sms", _("Text message")
        PUSH = "push", _("Approval on a device")

    user: Any = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="factors")
    kind = models.CharField(max_length=20, choices=Kind)
    key = key_of_person()
    name = PersonTextField(pii="technical", blank=True, default="")
    seed = PersonTextField(pii="technical", blank=True, default="", editable=False)
    confirmed = models.BooleanField(default=False)
    last_step = models.BigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["Factor"]] = FactorQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(kind="backup-codes"), name="factor_one_set_of_codes"),
            models.UniqueConstraint(
                fields=["user"], condition=Q(kind="totp", confirmed=False), name="factor_one_is_being_set_up"
            ),
            models.UniqueConstraint(fields=["user", "confirmed"], condition=Q(kind="sms"), name="factor_one_number"),
            models.UniqueConstraint(
                fields=["user"], condition=Q(kind="push", confirmed=False), name="factor_one_device_is_being_set_up"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}".strip()

    @property
    def is_strong(self) -> bool:
        """Whether it is in use and a factor by itself."""
        return self.confirmed and self.kind not in BACKUPS

    @property
    def is_reached(self) -> bool:
        """Whether there is a device that can be asked."""
        return hasattr(self, "device")

    def step_of(self, code: str, now: datetime) -> int | None:
        """The step of an authenticator app's code that opens here now."""
        return totp.step_of(self.seed, code, now, self.last_step) if self.kind == self.Kind.APP else None


#: What is taken in place of a factor, and counts for nothing where there is none: of text messages NIST says so, too
#: (SP 800-63B, restricted authenticators).
BACKUPS: Final = frozenset({Factor.Kind.CODES, Factor.Kind.TEXT})


class BackupCode(Model):
    """One code of a set, as a hash; it is found by its mark."""

    factor = models.ForeignKey(Factor, models.CASCADE, related_name="codes")
    mark = models.CharField(max_length=codes.MARK)
    hashed = models.CharField(max_length=200)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["factor", "mark"], name="backup_code_mark_once")]

    def __str__(self) -> str:
        return f"{self.mark}…"


class Passkey(Model):
    """A credential of WebAuthn's: how a factor of that kind is found and verified, at one host of the tenant.

    ``handle`` is what authenticators call its owner: random, the same for all of theirs, and nothing else here says it.
    ``sign_count`` only goes up, where the authenticator counts at all.
    """

    factor = models.OneToOneField(Factor, models.CASCADE, related_name="passkey")
    key = key_of_person()
    host = models.CharField(max_length=253)
    credential_id = PersonTextField(pii="technical", editable=False)
    credential_index = BlindIndexField(of="credential_id", null=True)
    credential_index_2 = BlindIndexField(of="credential_id", slot=2, null=True)
    public_key = PersonTextField(pii="technical", editable=False)
    handle = PersonTextField(pii="technical", editable=False)
    sign_count = models.BigIntegerField(default=0, editable=False)
    transports = ArrayField(models.CharField(max_length=20), default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["credential_index"], name="passkey_credential_once"),
            models.UniqueConstraint(fields=["credential_index_2"], name="passkey_credential_once_2"),
        ]

    def __str__(self) -> str:
        return str(self.factor)

    @classmethod
    def by_credential(cls) -> Lookup:
        return Lookup(cls, "credential_id")

    @property
    def credential(self) -> Credential:
        return Credential(self.credential_id, self.transports)


class Phone(Model):
    """Where a factor of text messages is reached: a number in E.164, which nobody is shown whole."""

    factor = models.OneToOneField(Factor, models.CASCADE, related_name="phone")
    key = key_of_person()
    number = PersonTextField(pii="contact", editable=False)

    def __str__(self) -> str:
        return str(self.factor)

    @property
    def masked(self) -> str:
        return phones.masked(self.number)


class TextCode(Model):
    """A code that was sent to a phone, for the session that asked for it. It goes when it was used, or guessed at."""

    phone = models.ForeignKey(Phone, models.CASCADE, related_name="sent")
    key = key_of_person()
    code = PersonTextField(pii="technical", editable=False)
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.phone)


class PushKey(Model):
    """The pair of keys of ES256 with which this tenant signs what it sends to devices (VAPID, RFC 8292)."""

    private = EncryptedTextField(pii="technical", editable=False)
    #: The uncompressed point of P-256 in base64url, as browsers take it.
    public = models.CharField(max_length=100)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.pk)


class Device(Model):
    """Where a factor of approvals is reached; gone once it cannot be reached any more, while its factor may stay."""

    factor = models.OneToOneField(Factor, models.CASCADE, related_name="device")
    key = key_of_person()
    #: One of ``pushing.PROVIDERS``, which reads the address.
    provider = models.CharField(max_length=20)
    address = PersonTextField(pii="technical", editable=False)

    def __str__(self) -> str:
        return str(self.factor)


#: From a question to the session that it opens, and to its answer: what is approved can be used for a moment still.
LIFE: Final = timedelta(minutes=2)
TO_ANSWER: Final = timedelta(seconds=110)


class Approval(Model):
    """A question to a device whether somebody may sign in, for the session that asked: its page shows the number."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")
        APPROVED = "approved", _("Approved")
        USED = "used", _("Used")
        DENIED = "denied", _("Denied")
        MISSED = "missed", _("Another number was entered")
        UNSENT = "unsent", _("The device was not reached")
        REPLACED = "replaced", _("Asked anew")

    user: Any = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="approvals")
    factor = models.ForeignKey(Factor, models.CASCADE, related_name="approvals")
    key = key_of_person()
    number = PersonTextField(pii="technical", editable=False)
    #: What the one who asks says they are, and the network that they are in.
    user_agent = PersonTextField(pii="technical", blank=True, default="", editable=False)
    network = PersonTextField(pii="technical", blank=True, default="", editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(state="pending"), name="approval_one_is_pending")
        ]

    def __str__(self) -> str:
        return str(self.pk)

    def can_be_answered(self, now: datetime) -> bool:
        return self.state == self.State.PENDING and now - self.created_at < TO_ANSWER

    def ended_by(self, now: datetime) -> str:
        """Why nothing comes of it any more: a state, or ``late``; empty while something may."""
        if self.state in (self.State.PENDING, self.State.APPROVED):
            return "late" if now - self.created_at >= LIFE else ""
        return self.state
