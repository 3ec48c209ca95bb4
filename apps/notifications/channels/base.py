"""What a channel is, and which there are.

A channel is one module beside this one, or ``channels`` of an app above. It declares itself, and is found at start::

    EMAIL = declare(Email())

Messages name their channel, kinds of message those for which they have texts, people where they are reached on it.
Nobody else knows one channel from another.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Protocol, TypeVar

from apps.notifications.kinds import KINDS
from apps.notifications.models import Message


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one message: sent, or why not, and whether another attempt makes sense.

    ``pause``: how long the other side asks to be left alone. ``error`` is shown in lists: no address, no text.
    """

    message: Message
    error: str = ""
    is_final: bool = False
    pause: timedelta = timedelta(0)

    @property
    def is_sent(self) -> bool:
        return not self.error


class Channel(Protocol):
    """A way on which messages leave.

    ``name`` is what messages store; ``label`` what people read. ``texts``: the texts that a message on it has
    (``subject``, ``body``), each with the ending of the templates that say it, after the name that a kind gives them.
    """

    name: str
    label: Any
    texts: Mapping[str, str]

    def normal(self, address: str) -> str:
        """The address as this channel writes it. Raises ValueError where it is none."""
        ...

    def deliver(self, messages: Iterable[Message]) -> Iterator[Outcome]:
        """Hand the messages over as they come, and say of each what became of it.

        Each is taken from ``messages`` just before it leaves: what is cancelled meanwhile does not come. A message
        may come again when nobody knows whether it has left, with the same id: whoever gets it can tell by that.
        """
        ...


CHANNELS: Final[dict[str, Channel]] = {}
C = TypeVar("C", bound=Channel)


def declare(channel: C) -> C:
    if CHANNELS.setdefault(channel.name, channel) is not channel:
        raise ValueError(f"two channels are called {channel.name}")
    return channel


def check_kinds() -> None:
    """Raise ValueError for a kind of message on a channel that no app declares: nobody would be written to."""
    for kind in KINDS.values():
        if not kind.channels or not CHANNELS.keys() >= set(kind.channels):
            raise ValueError(f"no app declares a channel of {kind.name}: {', '.join(kind.channels) or 'it has none'}")
