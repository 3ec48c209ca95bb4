"""The kinds of message there are. Each app declares its own in its module ``messages``, which is found at start::

    REMINDER = declare("reminder", texts="campaigns/messages/reminder", purpose="reminder")

With the ending of a channel that is the name of a template: ``campaigns/messages/reminder.subject.txt``.

The name is what the ledger and the API call a message, so it stays as it is once messages have it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final


class Addressee:
    """Somebody who can be written to. ``ADDRESSES``: by channel, the field with the address."""

    ADDRESSES: ClassVar[Mapping[str, str]] = {"email": "email"}

    def address_for(self, channel: str) -> str:
        """Where they are reached on a channel; empty where they are not."""
        field = self.ADDRESSES.get(channel)
        return str(getattr(self, field)) if field else ""


@dataclass(frozen=True, slots=True)
class Kind:
    """``texts``: how the names of its templates begin; a channel says how they end.

    ``purpose``: why people get it (``invitation``, ``reminder``, ``account``), which several kinds may share.
    ``channels``: those for which it has texts, the one that is preferred first. ``good_for``: after that nobody wants
    it any more, so that what has not left by then is given up. ``may_decline``: what it is called where people with an
    account choose what they get; without it, it always comes.
    """

    name: str
    texts: str
    purpose: str
    channels: tuple[str, ...]
    good_for: timedelta | None = None
    may_decline: str = ""

    def left_of(self, written_at: datetime, now: datetime) -> timedelta | None:
        """For how long somebody wants what was written then; None for always."""
        return self.good_for and max(timedelta(0), written_at + self.good_for - now)

    def channel_for(self, person: Addressee) -> str:
        """The first channel on which the person is reached; without any the first, so that the ledger tells."""
        return next((one for one in self.channels if person.address_for(one)), self.channels[0])


KINDS: Final[dict[str, Kind]] = {}


def declare(
    name: str,
    *,
    texts: str,
    purpose: str,
    channels: tuple[str, ...] = ("email",),
    good_for: timedelta | None = None,
    may_decline: str = "",
) -> Kind:
    if name in KINDS:
        raise ValueError(f"two apps declare messages of the kind {name}")
    KINDS[name] = Kind(name, texts, purpose, channels, good_for, may_decline)
    return KINDS[name]


def choices() -> dict[tuple[str, str], str]:
    """What may be declined: the words for it, by purpose and channel."""
    offered = [one for one in KINDS.values() if one.may_decline]
    return {(one.purpose, channel): one.may_decline for one in offered for channel in one.channels}
