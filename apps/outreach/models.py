"""The columns of people without an account, in tables of the apps above: all models here are abstract."""

from typing import Any

from django.db import models

from apps.core.fields import BlindIndexField, EncryptedTextField, Model


class Person(Model):
    """Somebody who can be written to, found by the address whatever its case; name and address are encrypted."""

    name = EncryptedTextField(pii="name")
    email = EncryptedTextField(pii="contact")
    email_index = BlindIndexField(of="email")
    language = models.CharField(max_length=10, default="en")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.name)

    @classmethod
    def index_of(cls, email: str) -> bytes:
        """The ``email_index`` of who has this address."""
        field: Any = cls._meta.get_field("email_index")
        digest: bytes = field.digest(email)
        return digest


class LinkHolder(Model):
    """One person's part in something, reached by a personal link (:mod:`apps.outreach.links`).

    Has a ``person``, and a ``message_prefix`` with which the ``dedupe_key`` of every message to them begins.
    """

    link_version = models.PositiveSmallIntegerField(default=1)
    invited_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        abstract = True

    @property
    def person(self) -> Person:
        raise NotImplementedError

    @property
    def message_prefix(self) -> str:
        raise NotImplementedError
