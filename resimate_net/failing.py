"""What becomes of a call that gets no answer."""

from typing import Literal

from resimate_text.sentences import Sentence

#: ``busy``: too many names are being looked up here, and nobody was called. ``unreachable``: no connection.
#: ``unproven``: no TLS that shows who it is. ``slow``: not in time. ``broken``: no HTTP, or an end in the middle.
#: ``large``: more than is taken.
Reason = Literal["busy", "unreachable", "unproven", "slow", "broken", "large"]


class Unanswered(Exception):
    """Nobody answered as they should; ``reason`` counts, what it says is for people and names no address."""

    def __init__(self, reason: Reason, detail: Sentence) -> None:
        super().__init__(detail)
        self.reason: Reason = reason
        self.detail = detail
