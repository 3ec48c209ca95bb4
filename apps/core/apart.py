"""Heavy work in a process of its own, where its time and its memory can be bounded and where it can be ended.

A thread cannot be ended from outside; a process can. The child knows nothing but what it is given: no settings, no
database, no secrets of the environment. It takes a function by its name and arguments by their pickle, and gives back
what the function returned or what it raised. It lets the processes that answer people go first.
"""

import contextlib
import os
import pickle
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from apps.core.errors import Refused
from resimate_text.sentences import Sentence

T = TypeVar("T")

ROOT: Final = Path(__file__).parents[2]
MEMORY: Final = 2 * 1024**3
LOOKS_EVERY: Final = 0.5
LAST_WILL: Final = 70


class TookTooLong(Refused):
    code = "took_too_long"
    status = 422
    title = "The work took too long"


class NeededTooMuch(Refused):
    code = "needed_too_much_memory"
    status = 422
    title = "The work needed too much memory"


def run(
    function: Callable[..., T], *arguments: Any, seconds: float, memory: int = MEMORY, look: Callable[[], None]
) -> T:
    """Return what a function of a module comes to in a process of its own; what it raises is raised here.

    ``look`` is called twice a second; when it raises, the work is ended. Raises ``TookTooLong`` after ``seconds``, and
    ``NeededTooMuch`` when the process dies of the bytes in ``memory`` or is killed by the machine.
    """
    command = [sys.executable, "-m", "apps.core.apart", str(round(seconds)), str(memory)]
    environment = {"PATH": os.environ.get("PATH", os.defpath), "OPENBLAS_NUM_THREADS": "1", "LANG": "C.UTF-8"}
    child = subprocess.Popen(  # noqa: S603  this very module
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        answer = _answer(child, pickle.dumps((function, arguments)), seconds, look)
    finally:
        child.kill()
        child.wait()
    outcome: T = _outcome(answer, child.returncode)
    return outcome


def _answer(child: "subprocess.Popen[bytes]", task: bytes, seconds: float, look: Callable[[], None]) -> bytes:
    until = time.monotonic() + seconds
    given: bytes | None = task
    while True:
        try:
            return child.communicate(given, timeout=LOOKS_EVERY)[0]
        except subprocess.TimeoutExpired:
            given = None  # what was not written yet is remembered
        look()
        if time.monotonic() > until:
            raise TookTooLong(Sentence("The work was stopped after {seconds:g} seconds.", seconds=seconds))


def _outcome(answer: bytes, code: int) -> Any:
    if code != 0 or not answer:
        raise NeededTooMuch("It ended without a result. Ask for less at once.")
    came, outcome = pickle.loads(answer)  # noqa: S301  written by the child, which runs our own code alone
    if came:
        return outcome
    raise outcome


def main() -> None:
    """Do what standard input says, within the bounds that the arguments name."""
    seconds, memory = map(int, sys.argv[1:])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds + 1, seconds + 1))  # should whoever waits for it be gone
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(10)
    try:
        function, arguments = pickle.loads(sys.stdin.buffer.read())  # noqa: S301  written by ``run``
        answer = pickle.dumps((True, function(*arguments)))
    except MemoryError:
        os._exit(LAST_WILL)
    except Exception as error:  # noqa: BLE001  it is raised where it was asked for
        answer = pickle.dumps((False, error))
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.buffer.write(answer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
