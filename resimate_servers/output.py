"""What the children print: kept in ``logs/<name>.log``, and shown with the child's name in front."""

import os
import selectors
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TextIO

LARGEST_LOG = 5_000_000
REMEMBERED_LINES = 30


@dataclass
class Stream:
    """One child's output: the unfinished line, and the last lines for an error message."""

    name: str
    pipe: IO[bytes]
    shown: bool
    rest: bytes = b""
    last: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED_LINES))


class Output:
    """Reads all children's pipes in one thread."""

    def __init__(self, folder: Path, terminal: TextIO) -> None:
        self.folder = folder
        self.terminal = terminal
        self._selector = selectors.DefaultSelector()
        self._lock = threading.Lock()
        self._wake_reader, self._wake_writer = os.pipe()
        self._selector.register(self._wake_reader, selectors.EVENT_READ, None)
        self._thread = threading.Thread(target=self._read_all, name="output", daemon=True)
        self._open = True
        self._begun, self._unfinished = "", False
        self._thread.start()

    def follow(self, name: str, pipe: IO[bytes], *, shown: bool) -> Stream:
        stream = Stream(name, pipe, shown)
        self._selector.register(pipe, selectors.EVENT_READ, stream)
        os.write(self._wake_writer, b".")
        return stream

    def say(self, line: str) -> None:
        with self._lock:
            self._write(f"\n{line}\n" if self._unfinished else f"{line}\n")
            self._unfinished = False

    def begin(self, text: str) -> None:
        """Write the first half of a line, which :meth:`finish` completes unless something else was said meanwhile."""
        with self._lock:
            self._write(text)
            self._begun, self._unfinished = text, True

    def finish(self, text: str) -> None:
        with self._lock:
            self._write(f"{text}\n" if self._unfinished else f"{self._begun}{text}\n")
            self._unfinished = False

    def _write(self, text: str) -> None:
        """The terminal may have gone away (``make run | head``)."""
        with suppress(OSError, ValueError):
            self.terminal.write(text)
            self.terminal.flush()

    def close(self) -> None:
        self._open = False
        os.write(self._wake_writer, b".")
        self._thread.join(2)
        if self._unfinished:
            self.finish("")

    def _read_all(self) -> None:
        while self._open:
            for key, _ in self._selector.select():
                if key.data is None:
                    os.read(self._wake_reader, 4096)
                else:
                    self._read(key.data)

    def _read(self, stream: Stream) -> None:
        chunk = os.read(stream.pipe.fileno(), 65536)
        if not chunk:
            self._selector.unregister(stream.pipe)
            stream.pipe.close()
        *lines, stream.rest = (stream.rest + chunk).split(b"\n")
        self._keep(stream, lines if chunk else [*lines, stream.rest])

    def _keep(self, stream: Stream, lines: list[bytes]) -> None:
        texts = [line.decode(errors="replace") for line in lines if line]
        stream.last.extend(texts)
        if stream.shown:
            for text in texts:
                self.say(f"{stream.name:<9} | {text}")
        self._append(self.folder / f"{stream.name}.log", "".join(f"{text}\n" for text in texts))

    def _append(self, path: Path, text: str) -> None:
        """Keep the log below twice its limit; a full disk loses log lines, never the child."""
        try:
            if path.exists() and path.stat().st_size > LARGEST_LOG:
                path.replace(path.with_suffix(".log.1"))
            with path.open("a") as file:
                file.write(text)
        except OSError:
            return
