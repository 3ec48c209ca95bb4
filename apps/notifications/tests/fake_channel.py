"""A channel for tests, where what is handed over stays in memory. With its templates this is all that one takes."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from apps.notifications.channels.base import Outcome
from apps.notifications.models import Message


class FakeChannel:
    """``answer`` says what becomes of a message that is handed over; without one it arrives."""

    name = "fake"
    label = "Fake"
    texts: Mapping[str, str] = {"body": "fake.txt"}

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.answer: Callable[[Message], Outcome | None] = Outcome

    def normal(self, address: str) -> str:
        """A telephone number without its blanks."""
        normal = "".join(address.split())
        if not (normal.startswith("+") and normal[1:].isdigit()):
            raise ValueError("no telephone number")
        return normal

    def deliver(self, messages: Iterable[Message]) -> Iterator[Outcome]:
        for message in messages:
            outcome = self.answer(message)
            if outcome is not None and outcome.is_sent:
                self.sent.append((message.address, message.body))
            if outcome is not None:
                yield outcome
