"""Heavy work in a process of its own, where its time and its memory can be bounded and where it can be ended.

A thread cannot be ended from outside, and keeps the interpreter from those that answer people; a process does neither.
One process that knows nothing but our own modules waits for tasks and forks for each (a zygote): what a task needs is
imported before, so the next one begins within milliseconds and shares the memory. The child has no settings, no
database and no secrets of the environment. It is given a function by its name and arguments by their pickle, and gives
back what the function returned or what it raised. It lets the processes that answer people go first.
"""

import contextlib
import gc
import importlib
import os
import pickle
import resource
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from enum import Enum
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from apps.core.errors import Refused
from resimate_text.sentences import Sentence

T = TypeVar("T")

ROOT: Final = Path(__file__).parents[2]
MEMORY: Final = 2 * 1024**3
LOOKS_EVERY: Final = 0.5
LONGEST_ORDER: Final = 4096
LOST: Final = "It ended without a result. Ask for less at once."


class TookTooLong(Refused):
    code = "took_too_long"
    status = 422
    title = "The work took too long"


class NeededTooMuch(Refused):
    code = "needed_too_much_memory"
    status = 422
    title = "The work needed too much memory"


class Order(NamedTuple):
    """What the zygote is told: the module to import first, and the bounds of the child in seconds and bytes."""

    module: str
    seconds: int
    memory: int


class Said(Enum):
    """What a child says of the value that it gives."""

    ASKED = 0
    RETURNED = 1
    RAISED = 2


def _unasked(*question: Any) -> Any:
    raise LookupError(f"nobody answers {question}")


def run(
    function: Callable[..., T],
    *arguments: Any,
    seconds: float,
    memory: int = MEMORY,
    look: Callable[[], None],
    answer: Callable[..., Any] = _unasked,
) -> T:
    """Return what a function of a module comes to in a process of its own; what it raises is raised here.

    ``look`` is called twice a second, and ``answer`` with what the function gives to :func:`ask`; when one raises, the
    work is ended. Raises ``TookTooLong`` after ``seconds``, and ``NeededTooMuch`` when the process dies of the bytes in
    ``memory`` or is killed by the machine.
    """
    until = time.monotonic() + seconds
    with _child(Order(function.__module__, round(seconds), memory)) as child:
        _tell(child, (function, arguments))
        said, value = _hear(child, until, seconds, look)
        while said is Said.ASKED:
            _tell(child, answer(*value))
            said, value = _hear(child, until, seconds, look)
    if said is Said.RAISED:
        raise value
    outcome: T = value
    return outcome


def ask(*question: Any) -> Any:
    """In a child: return what ``answer`` says to this, where the work was asked for."""
    if _asker is None:
        return _unasked(*question)
    _tell(_asker, (Said.ASKED, question))
    return pickle.loads(_asker.recv_bytes())  # noqa: S301  written by ``run``


def _tell(line: "Connection[Any, Any]", value: Any) -> None:
    try:
        line.send_bytes(pickle.dumps(value))
    except OSError:
        raise NeededTooMuch(LOST) from None


def _hear(child: "Connection[Any, Any]", until: float, seconds: float, look: Callable[[], None]) -> tuple[Said, Any]:
    try:
        while not child.poll(LOOKS_EVERY):
            look()
            if time.monotonic() > until:
                raise TookTooLong(Sentence("The work was stopped after {seconds:g} seconds.", seconds=seconds))
        said: tuple[Said, Any] = pickle.loads(child.recv_bytes())  # noqa: S301  written by the child, which runs our own code alone
    except (EOFError, OSError):
        raise NeededTooMuch(LOST) from None
    return said


class Zygote:
    """The process that forks; it is started when it is needed, and anew when it has died."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None
        self._lock = threading.Lock()

    def fork(self, order: Order, end: socket.socket) -> None:
        """Make a child that talks over ``end``."""
        with self._lock:
            if self._line is None or self.process is None or self.process.poll() is not None:
                self._line = self._start()
            socket.send_fds(self._line, [pickle.dumps(order)], [end.fileno()])

    def _start(self) -> socket.socket:
        """Start it, and return the line to it: it ends when that is closed, with this process at the latest."""
        ours, theirs = _pair(socket.SOCK_SEQPACKET)
        environment = {"PATH": os.environ.get("PATH", os.defpath), "OPENBLAS_NUM_THREADS": "1", "LANG": "C.UTF-8"}
        command = [sys.executable, "-c", "from apps.core.apart import main; main()"]
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603  this very module
                command,
                cwd=ROOT,
                env=environment,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        return ours


def _pair(kind: socket.SocketKind) -> tuple[socket.socket, socket.socket]:
    """Two ends that wait, whatever the process says of its sockets: while a worker of Celery ends, none does."""
    ends = socket.socketpair(socket.AF_UNIX, kind)
    for end in ends:
        end.setblocking(True)  # of the line itself, so the process at the other end has it as well
    return ends


ZYGOTE: Final = Zygote()
#: In a child: the line to whoever asked for its work.
_asker: "Connection[Any, Any] | None" = None


@contextlib.contextmanager
def _child(order: Order) -> Iterator["Connection[Any, Any]"]:
    """A line to a child that is killed at the end, whether it is done or not."""
    ours, theirs = _pair(socket.SOCK_STREAM)
    with ours, theirs:
        try:
            ZYGOTE.fork(order, theirs)
        except OSError:  # it was killed at this very moment
            raise NeededTooMuch(LOST) from None
        theirs.close()
        _, handles, _, _ = socket.recv_fds(ours, 1, 1)
        with contextlib.ExitStack() as ends:
            for handle in handles:  # none, when it died before it could say anything
                ends.callback(_kill, handle)
            yield ends.enter_context(Connection(ours.detach()))


def _kill(handle: int) -> None:
    """End the process and wait until its memory is free. A handle (pidfd) never means another one, as a number may."""
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    ended = select.poll()
    ended.register(handle)
    ended.poll()
    os.close(handle)


def main() -> None:
    """Fork for each order that comes over standard input, until it is closed."""
    line = socket.socket(fileno=0)
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how they ended
    gc.disable()  # results hold no cycles, and looking for some would copy what is shared
    while True:
        said, ends, _, _ = socket.recv_fds(line, LONGEST_ORDER, 1)
        if not said:
            return
        order: Order = pickle.loads(said)  # noqa: S301  written by ``Zygote``
        with contextlib.suppress(Exception):  # the child says what is wrong with it
            importlib.import_module(order.module)
        if os.fork() == 0:
            line.close()
            _work(socket.socket(fileno=ends[0]), order)
            os._exit(0)
        os.close(ends[0])


def _work(end: socket.socket, order: Order) -> None:
    """Do one task within its bounds, and say what it came to."""
    global _asker
    resource.setrlimit(resource.RLIMIT_CPU, (order.seconds + 1, order.seconds + 1))  # should whoever waits be gone
    resource.setrlimit(resource.RLIMIT_AS, (order.memory, order.memory))
    socket.send_fds(end, [b"!"], [os.pidfd_open(os.getpid())])
    with contextlib.suppress(MemoryError, OSError), Connection(end.detach()) as _asker:
        _asker.send_bytes(_outcome(_asker.recv_bytes()))


def _outcome(task: bytes) -> bytes:
    try:
        function, arguments = pickle.loads(task)  # noqa: S301  written by ``run``
        return pickle.dumps((Said.RETURNED, function(*arguments)))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  it is raised where it was asked for
        return pickle.dumps((Said.RAISED, _portable(error)))


def _portable(error: Exception) -> Exception:
    """The error, or one that says the same: of one that does not survive the way nobody would ever hear."""
    try:
        same: Exception = pickle.loads(pickle.dumps(error))  # noqa: S301  our own
    except Exception:  # noqa: BLE001  whatever it holds or wants
        return RuntimeError(f"{type(error).__name__}: {error}")
    return same
