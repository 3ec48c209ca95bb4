"""Applications of others, what people let them do, and the keys that sign what they come with.

Nothing here opens anything: secrets, codes and refresh tokens are digests, and the keys are encrypted.
"""

from typing import Final

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.fields import EncryptedTextField, Model

#: A job keeps in one number of 64 bits which of the scopes it reaches with (``bearing.Access.reach``).
MOST_SCOPES: Final = 60


class Application(Model):
    """A program that asks people to let it in (a client, RFC 6749). Its id is its ``client_id``.

    One that is ``confidential`` runs where nobody else reads its secret; one in a browser or on a phone keeps none.
    """

    class Kind(models.TextChoices):
        PUBLIC = "public", _("Public: in browsers or on devices, without a secret")
        CONFIDENTIAL = "confidential", _("Confidential: on a server, with a secret")

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.PUBLIC)
    secret_digest = models.BinaryField(max_length=32, null=True, editable=False)
    #: Where people are led back to; compared letter by letter.
    redirect_uris = ArrayField(models.CharField(max_length=500))
    #: The most that it may ask for, as permissions ``resource:scope:action``.
    scopes = ArrayField(models.CharField(max_length=120))
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="public", secret_digest=None) | Q(kind="confidential", secret_digest__isnull=False),
                name="application_secret_of_the_confidential",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def client_id(self) -> str:
        return str(self.pk)

    @property
    def is_confidential(self) -> bool:
        return self.kind == self.Kind.CONFIDENTIAL


class Authorization(Model):
    """What somebody let an application do, from their consent until it ends. Its id is the ``sid`` of its tokens.

    It is the session of an application: all tokens that came of one code are of one of these, and end with it. It holds
    for one ``epoch`` of the account (``User.session_epoch``), so that a new password or a closed account ends it.
    """

    application = models.ForeignKey(Application, models.CASCADE, related_name="authorizations")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="authorizations")
    scopes = ArrayField(models.CharField(max_length=120))
    epoch = models.PositiveIntegerField()
    #: How its owner had been recognised: ``acr``, ``amr`` and ``auth_time`` of their session.
    recognised = models.JSONField(default=dict)
    began_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    code_digest = models.BinaryField(max_length=32, unique=True)
    code_challenge = models.CharField(max_length=128)
    code_expires_at = models.DateTimeField()
    code_used_at = models.DateTimeField(null=True, blank=True)
    redirect_uri = models.CharField(max_length=500)

    def __str__(self) -> str:
        return f"{self.application} ({self.pk})"


class RefreshToken(Model):
    """One that was given out, as a digest. It is used once; who brings it again ends its authorization."""

    authorization = models.ForeignKey(Authorization, models.CASCADE, related_name="refresh_tokens")
    digest = models.BinaryField(max_length=32, unique=True)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.pk}"


class SigningKey(Model):
    """A pair of keys of ES256 (RFC 7518). Its id is the ``kid``; what is public is shown until it verifies no more."""

    private = EncryptedTextField(pii="technical", editable=False)
    public = models.JSONField()
    made_at = models.DateTimeField()
    #: None while it signs.
    verifies_until = models.DateTimeField(null=True, blank=True)
    algorithm = models.CharField(max_length=10, default="ES256")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["algorithm"], condition=Q(verifies_until=None), name="signing_key_one_is_active"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
