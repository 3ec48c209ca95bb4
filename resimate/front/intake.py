"""Bodies are taken in on the event loop, where one that stalls costs a few kilobytes and no thread."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import IO, Final

#: Seconds that a body may pause, and that it has before its rate is asked for.
PAUSE: Final = 10.0
#: Bytes a second that a body comes with on average, at least.
LEAST_RATE: Final = 8 * 1024
#: Seconds for the largest body over the slowest line.
LONGEST: Final = 300.0
#: Bytes of a body that stay in memory; what is longer waits in a file without a name.
IN_MEMORY: Final = 64 * 1024
#: Bytes a second that the long bodies for one host come in with, together and at most; sixteen megabytes come at once.
MOST_RATE: Final = 8 * 1024 * 1024


class Refused(Exception):
    """A body that is not taken in any further. ``status`` is what the client is told, 0 when it has gone."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass
class Room:
    """The bytes of all long bodies that are being received or waiting; one address gets a part of it at most.

    What a body has in memory needs no room, so a form comes in however much others send: the server's connections are
    counted, and so are these bytes.
    """

    most: int
    most_each: int
    taken: int = 0
    bodies: int = 0
    by_address: Counter[str] = field(default_factory=Counter)
    due: dict[str, float] = field(default_factory=dict)

    def wait(self, host: str, size: int) -> float:
        """Return the seconds before more is read for that host: a second ago it may have been idle, not longer."""
        now = time.monotonic()
        self.due[host] = max(self.due.get(host, 0.0), now - 2.0) + size / MOST_RATE
        return self.due[host] - now

    def take(self, address: str, size: int) -> None:
        if self.taken + size > self.most or self.by_address[address] + size > self.most_each:
            raise Refused(503, "no_room")
        self.taken += size
        self.by_address[address] += size

    def leave(self, address: str, size: int) -> None:
        self.taken -= size
        self.by_address[address] -= size
        if self.by_address[address] <= 0:
            del self.by_address[address]


class Body:
    """One body: it takes its room while it comes, and gives it back when it is closed."""

    def __init__(self, room: Room, address: str, host: str, *, most: int) -> None:
        self.file: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  closed with the exchange
        self.size = 0
        self._room, self._address, self._host, self._most = room, address, host, most
        room.bodies += 1

    async def receive(self, chunks: AsyncIterator[bytes], declared: int | None) -> None:
        """Take in all of it. A body beyond the size that is allowed is read no further; its ``size`` tells.

        Raises ``Refused``, by 408 when it comes too slowly, 503 when there is no room, 0 when it breaks off.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout_at(began + PAUSE) as clock:
                async for chunk in chunks:
                    self._keep(chunk)
                    if self.size > self._most:
                        return
                    await self._give_way(len(chunk))
                    late = began + min(PAUSE + self.size / LEAST_RATE, LONGEST)
                    clock.reschedule(min(loop.time() + PAUSE, late))
        except TimeoutError:
            raise Refused(408, "too_slow") from None
        if declared is not None and self.size < declared:
            raise Refused(0, "broken_off")
        self.file.seek(0)

    async def _give_way(self, size: int) -> None:
        """Read no faster than the others' requests bear; what is not read waits where it comes from."""
        if self.size > IN_MEMORY and (seconds := self._room.wait(self._host, size)) > 0:
            await asyncio.sleep(seconds)

    def _keep(self, chunk: bytes) -> None:
        more = _beyond_memory(self.size + len(chunk)) - _beyond_memory(self.size)
        if more:
            self._room.take(self._address, more)
        self.size += len(chunk)
        if self.size <= self._most:
            self.file.write(chunk)

    def close(self) -> None:
        self._room.leave(self._address, _beyond_memory(self.size))
        self._room.bodies -= 1
        self.file.close()


def _beyond_memory(size: int) -> int:
    return max(0, size - IN_MEMORY)
