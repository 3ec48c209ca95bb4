"""The servers of the test suite are shared, and end with the last session that uses them."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from resimate_servers import processes
from resimate_servers.testing import start_test_servers
from resimate_servers.tests.running import CHECKOUT, gone

SESSION = """
import sys
from pathlib import Path
from resimate_servers.testing import start_test_servers
servers = start_test_servers(Path(sys.argv[1]))
print(servers.superuser_url, flush=True)
sys.stdin.read()
servers.stop()
"""


def _session(folder: Path) -> tuple[subprocess.Popen[str], str]:
    pipe = subprocess.PIPE
    session = subprocess.Popen(
        [sys.executable, "-c", SESSION, str(folder)], cwd=CHECKOUT, stdin=pipe, stdout=pipe, text=True
    )
    assert session.stdout is not None
    return session, session.stdout.readline().strip()


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.mark.thorough
def test_sessions_share_the_servers_until_the_last_one_ends(folder: Path) -> None:
    (one, first), (other, second) = _session(folder), _session(folder)
    assert first == second

    one.communicate()
    assert _answers(first)

    other.communicate()
    assert not _answers(first)


@pytest.mark.thorough
def test_sessions_that_start_at_once_get_the_same_servers(folder: Path) -> None:
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", SESSION, str(folder)]
    sessions = [subprocess.Popen(command, cwd=CHECKOUT, stdin=pipe, stdout=pipe, text=True) for _ in range(4)]

    urls = {session.communicate()[0] for session in sessions}

    assert len(urls) == 1


@pytest.mark.thorough
def test_the_servers_end_by_themselves_when_every_session_was_killed(folder: Path) -> None:
    session, url = _session(folder)
    with psycopg.connect(url) as connection:
        pid = connection.execute("SELECT pg_backend_pid()").fetchone()
    assert pid is not None
    holder = _pid_of_holder(folder)
    session.kill()
    session.wait()

    assert processes.wait_until(lambda: not _answers(url), 20)
    assert gone(pid[0])
    assert gone(holder)


@pytest.mark.thorough
def test_a_killed_holder_is_replaced(folder: Path) -> None:
    first = start_test_servers(folder)
    holder = _pid_of_holder(folder)
    os.kill(holder, signal.SIGKILL)
    assert gone(holder)

    second = start_test_servers(folder)

    assert _answers(second.app_url)
    assert redis.Redis.from_url(second.redis_url).ping()
    first.stop()
    second.stop()
    assert not _answers(second.app_url)


def _pid_of_holder(folder: Path) -> int:
    return int(json.loads((folder / "holder.json").read_text())["pid"])
