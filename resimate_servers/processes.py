"""Child processes that do not outlive us unnoticed.

A child gets a session of its own, so that Ctrl-C in the terminal reaches the supervisor alone, which then stops the
children in order. The kernel is asked to signal the child when the supervisor dies (``setpriv --pdeathsig``, part of
util-linux). What is left all the same is recognised at the next start by pid and start time.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Account:
    """The system account under which a server runs."""

    uid: int
    gid: int


def spawn(
    command: Sequence[str | Path],
    *,
    account: Account | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    output: int | IO[bytes] | None = subprocess.PIPE,
) -> subprocess.Popen[bytes]:
    """Start a child. Call it from the main thread: the kernel ties the death signal to the thread that forked."""
    return subprocess.Popen(  # noqa: S603  commands are ours
        [*_dying_with_us(death_signal), *map(str, command)],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env=env,
        cwd=cwd or "/",
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def run(command: Sequence[str | Path], *, account: Account | None = None) -> subprocess.CompletedProcess[str]:
    """Run a short command to its end and return what it printed."""
    child = spawn(command, account=account, death_signal=signal.SIGKILL)
    try:
        printed, _ = child.communicate()
    except BaseException:
        end_session(child.pid)
        child.wait()
        raise
    return subprocess.CompletedProcess(child.args, child.returncode, printed.decode(errors="replace"))


@cache
def _setpriv() -> str | None:
    found = shutil.which("setpriv")
    if found is None:
        return None
    probe = subprocess.run([found, "--pdeathsig", "TERM", "true"], capture_output=True, check=False)  # noqa: S603  found on the way
    return found if probe.returncode == 0 else None


def _dying_with_us(death_signal: signal.Signals) -> list[str]:
    found = _setpriv()
    return [] if found is None else [found, "--pdeathsig", death_signal.name.removeprefix("SIG"), "--"]


def _stat(pid: int) -> list[str] | None:
    """Fields of ``/proc/<pid>/stat`` from the third (state) on; proc(5)."""
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except (OSError, UnicodeDecodeError):
        return None
    return text.rpartition(")")[2].split()


def alive(pid: int) -> bool:
    """A zombie is dead: pid 1 of a container may never reap it."""
    if not PROC.is_dir():
        return _answers(pid)
    fields = _stat(pid)
    return fields is not None and fields[0] not in "ZX"


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def birth_of(pid: int) -> str:
    """Boot and start time: together with the pid, they name a process for good."""
    fields = _stat(pid)
    return f"{_boot()}:{fields[19]}" if fields else ""


@cache
def _boot() -> str:
    try:
        return (PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def command_of(pid: int) -> str:
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def members_of(session: int) -> Iterator[int]:
    """Processes of a session that still run, its leader among them."""
    for entry in PROC.glob("[0-9]*"):
        fields = _stat(int(entry.name))
        if fields is not None and int(fields[3]) == session and fields[0] not in "ZX":
            yield int(entry.name)


def working_in(folder: Path) -> Iterator[int]:
    """Processes that still run, and whose working directory it is, as far as we may look at them."""
    place = folder.resolve()
    for entry in PROC.glob("[0-9]*"):
        with suppress(OSError):
            if (entry / "cwd").readlink() == place and alive(int(entry.name)):
                yield int(entry.name)


def wait_until(condition: Callable[[], bool], seconds: float, *, pause: float = 0.02) -> bool:
    """Poll ``condition`` until it holds; False when the time is over."""
    ends = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= ends:
            return False
        time.sleep(pause)
    return True


def stop(child: subprocess.Popen[bytes], how: signal.Signals, grace: float) -> bool:
    """Ask a child to end, then insist; True when it went by itself."""
    if child.poll() is None:
        child.send_signal(how)
    try:
        child.wait(grace)
        gentle = True
    except subprocess.TimeoutExpired:
        gentle = False
    end_session(child.pid)
    child.wait()
    return gentle


def end_session(session: int) -> None:
    """Kill what is left of a child and of its own children."""
    if any(members_of(session)) or not PROC.is_dir():
        try:
            os.killpg(session, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return


def end_orphan(pid: int, birth: str, how: signal.Signals, grace: float) -> bool:
    """End a process that an earlier, killed supervisor left behind; True when there was one."""
    if alive(pid) and birth_of(pid) != birth:
        return False  # the number now belongs to somebody else
    found = any(members_of(pid))
    if alive(pid):
        os.kill(pid, how)
        wait_until(lambda: not alive(pid), grace)
    end_session(pid)
    wait_until(lambda: not any(members_of(pid)), 5)
    return found
