"""People who sign in, what they may do, and the keys of their programs. One table of each in every schema."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib import auth
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.hashers import normalised
from apps.core.fields import (
    BlindIndexField,
    CharField,
    EncryptedTextField,
    Model,
    PersonNameField,
    PersonTextField,
    SubjectJSONField,
)
from apps.core.lookup import Lookup
from apps.core.tenancy import current_schema
from apps.keys.models import Erasable, People, key_of_person
from apps.notifications.kinds import Addressee


class UserManager(People["User"], BaseUserManager["User"]):
    def people(self) -> models.QuerySet["User"]:
        """Without the accounts of programs."""
        return self.filter(owner=None)

    def at(self, email: str) -> models.QuerySet["User"]:
        """The account of an address, however it is spelt: none, or one."""
        return self.filter(User.by_address().among([email]))

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.at(username or "").get()


class User(Addressee, AbstractBaseUser, Erasable):
    """A person with an account in one tenant, or on the platform, found by the address; or a program with an owner.

    Name and address are under a key of theirs. Once it is destroyed the account is nobody's, and closed for good.
    """

    email = PersonTextField(pii="contact")
    email_index = BlindIndexField(of="email", null=True)
    email_index_2 = BlindIndexField(of="email", slot=2, null=True)
    name = PersonNameField(pii="name", blank=True, default="")
    language = models.CharField(max_length=10, default="en")
    #: In which times are shown to them; the tenant's when it is empty.
    time_zone = models.CharField(max_length=60, blank=True, default="")
    #: What the tenant keeps of people besides, by a schema of its own (``attributes.py``).
    attributes = SubjectJSONField(pii="profile", null=True, blank=True)
    #: Which messages they do not want, by which channel (``services/preferences.py``).
    declined = models.JSONField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    #: Counts up when the account is closed or gets another password: no session of before is good after.
    session_epoch = models.PositiveIntegerField(default=0)
    #: Counts up with each link to sign in that is sent or used: the last one alone opens something, once.
    link_version = models.PositiveIntegerField(default=0, db_default=0)
    #: Somebody else has seen the password, so it opens nothing but the page on which to replace it.
    password_is_first = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    #: Who answers for a program's account: it has no address and no password, and is closed with its owner's.
    owner: "models.ForeignKey[User | None, User | None]" = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="programs"
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["email_index"], name="user_email_unique"),
            models.UniqueConstraint(fields=["email_index_2"], name="user_email_unique_2"),
        ]

    def __str__(self) -> str:
        return _("Erased account") if self.is_erased else str(self.email or self.name)

    @classmethod
    def by_address(cls) -> Lookup:
        """For one piece of work: how those with an address are found."""
        return Lookup(cls, "email")

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(None if raw_password is None else normalised(raw_password))

    def check_password(self, raw_password: str) -> bool:
        """As it was typed, too: passwords of before were not normalised."""
        wanted = normalised(raw_password)
        return super().check_password(wanted) or (wanted != raw_password and super().check_password(raw_password))

    def get_short_name(self) -> str:
        return str(self.name or self.email)

    @property
    def is_staff(self) -> bool:
        """May open the administration pages: all of them, or that of keys alone."""
        return self.is_active and (self.has_perm("tenant:manage") or self.has_perm("keys:read"))

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Ends the sessions of a password and an epoch, and fits one schema: a copy of this row signs nobody in."""
        salt = f"resimate.session|{current_schema()}|{self.pk}|{self.session_epoch}"
        return salted_hmac(salt, self.password, secret=secret, algorithm="sha256").hexdigest()

    def has_perm(self, permission: str, obj: Any = None) -> bool:
        """``has_perm("campaigns:open", campaign)``: is there a grant ``campaigns:<scope>:open`` that covers it?

        Without an object: one that covers the whole tenant.
        """
        return any(backend.has_perm(self, permission, obj) for backend in auth.get_backends())

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_staff


class InvitationManager(People["Invitation"]):
    def at(self, email: str) -> models.QuerySet["Invitation"]:
        """Those to an address, however it is spelt."""
        return self.filter(Invitation.by_address().among([email]))


class Invitation(Addressee, Erasable):
    """An address whose owner may make an account with these roles, by the link of a letter.

    Address, name and message are under a key of the person who is invited. The link is not stored: it is sealed with
    the address and ``link_version``. Whoever sent it last stands for the roles, with the rights that they have when it
    is accepted, and no others than the key with which they came.
    """

    #: What becomes of it; one that is open and past its time has ``EXPIRED``, which no column says.
    class State(models.TextChoices):
        OPEN = "open", gettext_lazy("Open")
        ACCEPTED = "accepted", gettext_lazy("Accepted")
        REVOKED = "revoked", gettext_lazy("Revoked")
        EXPIRED = "expired", gettext_lazy("Expired")

    email = PersonTextField(pii="contact")
    email_index = BlindIndexField(of="email", null=True)
    email_index_2 = BlindIndexField(of="email", slot=2, null=True)
    #: What they are called, as far as who invited them knows it.
    name = PersonNameField(pii="name", null=True, blank=True)
    #: What the account will have of what the tenant keeps of people besides.
    attributes = SubjectJSONField(pii="profile", null=True, blank=True)
    message = PersonTextField(pii="contact", blank=True, default="")
    language = models.CharField(max_length=10, default="en")
    roles: "models.ManyToManyField[Role, Any]" = models.ManyToManyField("Role", related_name="+")
    #: Nobody stands for who registered by themselves: what they get, the tenant's settings say.
    invited_by: "models.ForeignKey[User | None, User | None]" = models.ForeignKey(
        User, models.CASCADE, null=True, related_name="+"
    )
    invited_with: "models.ForeignKey[ApiKey | None, ApiKey | None]" = models.ForeignKey(
        "ApiKey", models.CASCADE, null=True, editable=False, related_name="+"
    )
    link_version = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by: "models.ForeignKey[User | None, User | None]" = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    PENDING: ClassVar = Q(accepted_at=None, revoked_at=None)
    objects: ClassVar[InvitationManager] = InvitationManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[f"email_index{slot}"],
                condition=Q(accepted_at=None, revoked_at=None),
                name=f"invitation_pending_once{slot}",
            )
            for slot in ("", "_2")
        ]

    def __str__(self) -> str:
        return _("Erased invitation") if self.is_erased else str(self.email)

    @classmethod
    def by_address(cls) -> Lookup:
        return Lookup(cls, "email")

    @classmethod
    def in_state(cls, state: str, now: datetime) -> Q:
        """Which rows have this state at a moment."""
        return {
            cls.State.OPEN: cls.PENDING & Q(expires_at__gt=now),
            cls.State.EXPIRED: cls.PENDING & Q(expires_at__lte=now),
            cls.State.ACCEPTED: Q(accepted_at__isnull=False),
            cls.State.REVOKED: Q(revoked_at__isnull=False),
        }[cls.State(state)]

    def get_short_name(self) -> str:
        return str(self.name or self.email)

    def state_at(self, moment: datetime) -> State:
        if self.accepted_at is not None:
            return self.State.ACCEPTED
        if self.revoked_at is not None:
            return self.State.REVOKED
        return self.State.OPEN if moment < self.expires_at else self.State.EXPIRED


class AddressChange(Model):
    """The other address that somebody wants for their account, under their key, until its mailbox has answered."""

    user = models.OneToOneField(User, models.CASCADE, related_name="+")
    key = key_of_person()
    email = PersonTextField(pii="contact")
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.pk)


class Registration(Model):
    """An address that wants an account, until it is found out what to write to it: a moment."""

    email = EncryptedTextField(pii="contact")
    language = models.CharField(max_length=10, default="en")
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.pk)


class ServiceAccountManager(People["ServiceAccount"]):
    def get_queryset(self) -> models.QuerySet["ServiceAccount"]:
        return super().get_queryset().filter(owner__isnull=False)


class ServiceAccount(User):
    """The accounts of programs alone. They have roles and keys as people have, and no way in but their keys."""

    objects: ClassVar[ServiceAccountManager] = ServiceAccountManager()  # type: ignore[assignment]  # of programs alone

    class Meta:
        proxy = True


class Role(Model):
    """A named list of permissions ``resource:scope:action``. System roles come with the product and stay.

    Whoever has a role may do what its parents say, too (``apps/accounts/lineage.py``).
    """

    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    permissions = ArrayField(models.CharField(max_length=120), default=list)
    is_system = models.BooleanField(default=False)
    parents: "models.ManyToManyField[Role, Inheritance]" = models.ManyToManyField(
        "self", through="Inheritance", symmetrical=False, related_name="children", blank=True
    )

    def __str__(self) -> str:
        return self.name


class Inheritance(Model):
    """A role builds on another. What others build on is not deleted."""

    child = models.ForeignKey(Role, models.CASCADE, related_name="+")
    parent = models.ForeignKey(Role, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["child", "parent"], name="inheritance_once"),
            models.CheckConstraint(condition=~Q(child=models.F("parent")), name="inheritance_of_another"),
        ]

    def __str__(self) -> str:
        return f"{self.child} < {self.parent}"


class GrantQuerySet(models.QuerySet["Grant"]):
    def valid_at(self, moment: datetime) -> "GrantQuerySet":
        begun = Q(valid_from=None) | Q(valid_from__lte=moment)
        return self.filter(begun, Q(valid_until=None) | Q(valid_until__gt=moment))


class Grant(Model):
    """A role given to a user; ``object_id`` narrows it to one object (a campaign, a resilience model).

    One that ``denies`` takes away what the role says, whatever else the user is given. One with a ``delegator`` was
    handed on: of what the role says it gives what the delegator has now, by grants of their own. One ``in_person``
    counts for who signed in, and no further: no key reaches it, and nobody gives or hands on what they have by it.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="grants")
    role = models.ForeignKey(Role, models.PROTECT, related_name="grants")
    object_id = models.UUIDField(null=True, blank=True)
    granted_at = models.DateTimeField()
    granted_by: "models.ForeignKey[User | None, User | None]" = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    valid_from = models.DateTimeField(null=True, blank=True)
    valid_until = models.DateTimeField(null=True, blank=True)
    denies = models.BooleanField(default=False, db_default=False)
    in_person = models.BooleanField(default=False, db_default=False, editable=False)
    delegator: "models.ForeignKey[User | None, User | None]" = models.ForeignKey(
        User, models.CASCADE, null=True, blank=True, related_name="handed_on"
    )

    objects = GrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "object_id", "denies", "delegator"], nulls_distinct=False, name="grant_once"
            ),
            models.CheckConstraint(
                condition=Q(delegator=None)
                | (~Q(delegator=models.F("user")) & Q(denies=False, valid_until__isnull=False)),
                name="grant_handed_on_to_another_for_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} ({self.user})"

    @property
    def is_handed_on(self) -> bool:
        return self.delegator_id is not None


class PermissionUse(Model):
    """How often somebody was let do something sensitive in an hour: until the trail says so (``uses.py``)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    permission = models.CharField(max_length=120)
    hour = models.DateTimeField()
    times = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "permission", "hour"], name="permission_use_once")]

    def __str__(self) -> str:
        return f"{self.permission} {self.hour:%Y-%m-%d %H}"


class ApiKey(Model):
    """A program's key: shown once, stored as a digest, with its owner's rights or fewer."""

    user = models.ForeignKey(User, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=120)
    prefix = models.CharField(max_length=16, unique=True)
    digest = models.BinaryField(max_length=32)
    permissions = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    #: From where it opens something, as 192.0.2.0/24 or 2001:db8::/48; from everywhere when there are none.
    networks = ArrayField(models.CharField(max_length=43), default=list, blank=True, db_default=[])
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def reach(self) -> str:
        """How a job keeps it (``apps/accounts/reach.py``)."""
        return f"key:{self.pk}"

    def is_valid_at(self, moment: datetime) -> bool:
        return self.revoked_at is None and moment < self.expires_at


class Session(Model):
    """A browser's session. Its id is a digest of the cookie, which is nowhere: whoever reads the table is not in.

    ``session_data`` is all that it holds, signed; the columns beside it repeat what people are shown of it. Without a
    user nobody has signed in yet.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    session_data = models.TextField()
    expire_date = models.DateTimeField(db_index=True)
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")
    #: What the browser called itself when it signed in, and from which part of the network.
    user_agent = CharField(pii="technical", max_length=200, blank=True, default="")
    network = CharField(pii="technical", max_length=43, blank=True, default="")
    began_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.user}: {self.user_agent or self.id}"
