"""What a provider of text messages is: a function that hands one over, or says why not."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Text:
    """``number`` in E.164. ``seconds``: for so long somebody wants it; 0 for any time."""

    number: str = field(repr=False)
    body: str = field(repr=False)
    seconds: int = 0


class NotTaken(Exception):
    """Why the provider did not take a text, without number and words; ``pause`` until it is to be tried again."""

    def __init__(self, why: str, *, is_final: bool = False, pause: timedelta = timedelta(0)) -> None:
        super().__init__(why)
        self.is_final = is_final
        self.pause = pause


class Provider(Protocol):
    def is_ready(self) -> bool:
        """Whether it could be asked: there is one, and it has what it needs."""
        ...

    def send(self, text: Text, *, now: datetime) -> None:
        """Hand a text over. Raises ``NotTaken``."""
        ...
