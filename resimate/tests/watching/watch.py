"""What this process does while it answers, seen from inside: by the database's cursors and by the interpreter itself.

Whatever a test sends is marked. The mark may reach the database as a parameter, and nothing else: no statement, no
path, no address, no command and no source of Python has it in it. Paths, addresses and commands have to be on their
lists besides, marked or not.
"""

import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.conf import settings

from resimate.tests.database import ROOT

MARK = "zq7mark"
#: Where answers may read: the sources, what came with Python and what the machine says of itself.
READ = (str(ROOT), sys.prefix, sys.base_prefix, sysconfig.get_path("stdlib"), "/etc/", "/proc/", "/usr/share/", "/dev/")
#: Where they may write: the tests' data, and what is gone when the request is.
WRITTEN = (str(settings.DATA_DIR), tempfile.gettempdir(), "/dev/null")
#: Whom they may call: the cache and queues. The database is called by its own library, at the address of the settings.
CALLED = {urlsplit(settings.CELERY_BROKER_URL).hostname}
#: What they may start: the process for heavy work, which is told of its function by a pipe.
STARTED = {"from apps.core.apart import main; main()"}

FILES = {"open", "os.listdir", "os.scandir", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink"}
FILES |= {"os.chmod", "os.chown", "os.truncate", "os.utime", "shutil.copyfile", "shutil.move", "shutil.rmtree"}
CALLS = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "urllib.Request"}
PROGRAMS = {"subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "pty.spawn"}
SOURCES = {"compile", "import", "ctypes.dlopen", "sqlite3.connect"}
WRITING = {"w", "a", "x", "+"}


class Watch:
    """Looks while it is asked to, and keeps what it found with the request under way and the line that did it."""

    def __init__(self) -> None:
        self.is_on = False
        self.request = ""
        self.found: set[str] = set()
        self.counted = {"statements": 0, "marked parameters": 0, "files": 0, "calls": 0}

    @contextmanager
    def on(self, request: str) -> Iterator[None]:
        self.is_on, self.request = True, request
        try:
            yield
        finally:
            self.is_on = False

    def tell(self, what: str) -> None:
        """Write it down. Looking for the line opens nothing, and must not be watched by itself."""
        self.found.add(f"{self.request}: {what} at {_place(sys._getframe(1))}")

    def statement(self, statement: Any, parameters: Any) -> None:
        self.counted["statements"] += 1
        self.counted["marked parameters"] += MARK in str(parameters).casefold()
        text = statement.decode(errors="replace") if isinstance(statement, bytes) else _text(statement)
        if MARK in text.casefold():
            self.tell(f"SQL {text[:200]}")

    def event(self, name: str, arguments: tuple[Any, ...]) -> None:
        if name in FILES:
            self._file(name, arguments)
        elif name in CALLS:
            self._call(arguments)
        elif name in PROGRAMS:
            if not STARTED & set(map(str, _flat(arguments))) or _is_marked(arguments):
                self.tell(f"a program {arguments}")
        elif name in SOURCES and _is_marked(arguments):
            self.tell(f"{name} {arguments}")

    def _file(self, name: str, arguments: tuple[Any, ...]) -> None:
        path = arguments[0]
        if isinstance(path, int) or path is None:
            return  # a file that is open already
        self.counted["files"] += 1
        is_read = name in ("open", "os.listdir", "os.scandir") and not WRITING & set(str(arguments[1:2]))
        lists = READ + WRITTEN if is_read else WRITTEN
        if _is_marked(arguments) or not str(Path(_text(path)).absolute()).startswith(lists):
            self.tell(f"{name} {_text(path)}")

    def _call(self, arguments: tuple[Any, ...]) -> None:
        self.counted["calls"] += 1
        address = arguments[-1] if isinstance(arguments[-1], tuple) else arguments
        if _is_marked(arguments) or not CALLED & set(address):
            self.tell(f"a call of {address}")


def _flat(arguments: Any) -> Iterator[Any]:
    for one in arguments:
        yield from _flat(one) if isinstance(one, (list, tuple)) else (one,)


def _text(value: Any) -> str:
    if isinstance(value, psycopg.sql.Composable):
        return value.as_string(None)
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _is_marked(arguments: tuple[Any, ...]) -> bool:
    return any(MARK in _text(one).casefold() for one in _flat(arguments))


def _place(frame: FrameType | None) -> str:
    """The innermost line of ours that led there."""
    watching = Path(__file__).name
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(str(ROOT)) and ".venv" not in name and not name.endswith(watching):
            return f"{name.removeprefix(f'{ROOT}/')}:{frame.f_lineno}"
        frame = frame.f_back
    return "nowhere of ours"


CURSORS = (psycopg.Cursor, psycopg.ServerCursor)
VERBS = ("execute", "executemany", "stream", "copy")
#: Who listens now. A hook of the interpreter stays for good, so it is added once and hears for whoever is here.
_listening: list[Watch] = []
_hooked: list[bool] = []


@contextmanager
def watching() -> Iterator[Watch]:
    if not _hooked:
        sys.addaudithook(_hear)
        _hooked.append(True)
    verbs = {(of, name): getattr(of, name) for of in CURSORS for name in VERBS if name in vars(of)}
    for (of, name), verb in verbs.items():
        setattr(of, name, _looked_at(verb))
    _listening.append(watch := Watch())
    try:
        yield watch
    finally:
        _listening.clear()
        for (of, name), verb in verbs.items():
            setattr(of, name, verb)


def _hear(name: str, arguments: tuple[Any, ...]) -> None:
    for watch in _listening:
        if watch.is_on:
            watch.is_on = False  # what is asked here is not watched itself
            try:
                watch.event(name, arguments)
            finally:
                watch.is_on = True


def _looked_at(verb: Any) -> Any:
    def look(cursor: Any, statement: Any, parameters: Any = None, *rest: Any, **more: Any) -> Any:
        for watch in _listening:
            if watch.is_on:
                watch.statement(statement, parameters)
        return verb(cursor, statement, parameters, *rest, **more)

    return look
