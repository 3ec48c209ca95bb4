"""Rounds of asking people without an account, and the people: abstract, for tables of the apps above."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.fields import BlindIndexField, Model, PersonNameField, PersonTextField
from apps.core.lookup import Lookup
from apps.keys.models import Erasable
from apps.notifications.about import About
from apps.notifications.kinds import Addressee
from resimate_text.addresses import mailbox

LONGEST_INTRODUCTION = 5000


class Person(Addressee, Erasable):
    """Somebody who can be written to, found by the address whatever its case.

    Name, address and the messages to them are under a key of theirs. Once it is destroyed they read as erased, in every
    copy, and nothing is sent to them.
    """

    name = PersonNameField(pii="name")
    email = PersonTextField(pii="contact")
    email_index = BlindIndexField(of="email", null=True)
    email_index_2 = BlindIndexField(of="email", slot=2, null=True)
    language = models.CharField(max_length=10, default="en")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.name)

    @property
    def reached_at(self) -> dict[str, object]:
        """By channel, what their address is compared by: another spelling of an e-mail address is the same place."""
        found = {channel: self.address_for(channel) for channel in self.ADDRESSES}
        return {**found, "email": mailbox(self.email)}

    @classmethod
    def by_address(cls) -> Lookup:
        """For one piece of work: how those with an address are found."""
        return Lookup(cls, "email")


class Round(Model):
    """A request to people outside: prepared as a draft, open while it takes what they say, then closed."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    name = models.CharField(max_length=200)
    introduction = models.TextField(blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    def accepts_answers_at(self, moment: datetime) -> bool:
        return self.status == self.Status.OPEN


class LinkHolder(Model):
    """One person's part in a round, reached by a personal link (:mod:`apps.outreach.links`).

    Abstract: each kind says whose part it is and of what, by the properties that raise ``NotImplementedError`` here.

    Messages to them are ``about`` the round, with the holder as recipient.
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
        """Who holds the link."""
        raise NotImplementedError

    @property
    def round(self) -> Round:
        """What they are asked in."""
        raise NotImplementedError

    @property
    def about(self) -> About:
        """The round, as messages to the holder name it."""
        raise NotImplementedError

    @property
    def can_answer(self) -> bool:
        """Whether there is something behind the link, once the round is open."""
        return True

    @property
    def may_get_link(self) -> bool:
        """Whether messages may carry the link to them."""
        return self.revoked_at is None

    @property
    def has_begun(self) -> bool:
        """Whether there are answers of theirs, sent or not."""
        raise NotImplementedError

    @property
    def has_answered(self) -> bool:
        """Whether they have sent what they were asked for."""
        raise NotImplementedError

    @property
    def counts_as_withdrawn(self) -> bool:
        """Whether a withdrawn link is what there is to say of them."""
        return self.revoked_at is not None

    def is_open_at(self, moment: datetime) -> bool:
        """Whether the link opens its pages, of a round that has begun: as long as it takes answers."""
        return self.round.accepts_answers_at(moment)
