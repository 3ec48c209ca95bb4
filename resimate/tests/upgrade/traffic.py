"""Somebody who goes on asking while a product starts."""

import time
from collections import Counter
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Self

from resimate.tests.product import Product

PAUSE = 0.1


@dataclass
class Traffic:
    """Asks for each of ``paths`` of the tenant ``demo`` again and again; counts the answers, with 0 for none."""

    product: Product
    paths: tuple[str, ...]
    key: str
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    latest: dict[str, int] = field(default_factory=dict)
    _stopping: Event = field(default_factory=Event)

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._ask, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        time.sleep(5 * PAUSE * len(self.paths))  # some more from the product that has started
        self._stopping.set()
        self._thread.join(60)

    def _ask(self) -> None:
        while not self._stopping.is_set():
            for path in self.paths:
                try:
                    status = self.product.request("GET", "demo", path, key=self.key).status
                except OSError:
                    status = 0
                self.answers[path, status] += 1
                self.latest[path] = status
                time.sleep(PAUSE)

    @property
    def failures(self) -> dict[tuple[str, int], int]:
        """Answers that nobody should get: an error that is not “not yet”."""
        return {asked: count for asked, count in self.answers.items() if asked[1] >= 500 and asked[1] != 503}
