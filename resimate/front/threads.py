"""The threads that run Django: as many as there are connections to the database for, behind a queue with an end."""

import logging
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Final

from apps.core import metrics
from resimate.front.exchange import Exchange

logger = logging.getLogger(__name__)

#: Seconds after which who waits in the queue is told to come again: most clients have given up by then.
LONGEST_WAIT: Final = 15.0


class Threads:
    def __init__(self, count: int, most_waiting: int, handle: Callable[[Exchange], None]) -> None:
        self.most_waiting = most_waiting
        self.at_work: list[Exchange | None] = [None] * count
        self._handle = handle
        self._queue: SimpleQueue[Exchange | None] = SimpleQueue()

    def start(self) -> None:
        for number in range(len(self.at_work)):
            threading.Thread(target=self._work, args=(number,), name=f"django-{number}", daemon=True).start()

    def stop(self) -> None:
        for _ in self.at_work:
            self._queue.put(None)

    def put(self, exchange: Exchange) -> None:
        self._queue.put(exchange)

    @property
    def waiting(self) -> int:
        return self._queue.qsize()

    @property
    def busy(self) -> int:
        return sum(exchange is not None for exchange in self.at_work)

    @property
    def is_full(self) -> bool:
        return self.waiting >= self.most_waiting

    def _work(self, number: int) -> None:
        while (exchange := self._queue.get()) is not None:
            self.at_work[number] = exchange
            try:
                self._one(exchange)
            except Exception:  # the thread outlives what goes wrong with one request
                logger.exception("a request could not be answered")
            finally:
                self.at_work[number] = None
                exchange.end()

    def _one(self, exchange: Exchange) -> None:
        if exchange.abandoned.is_set():
            return
        waited = time.monotonic() - exchange.came_at - exchange.seconds_of_body
        metrics.WAITED.observe(waited)
        if waited > LONGEST_WAIT:
            exchange.refuse(503)
        else:
            self._handle(exchange)
