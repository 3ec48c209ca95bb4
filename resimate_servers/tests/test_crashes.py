"""Whatever is killed, the next start finds the data and leaves nobody behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from resimate_servers import postgres, processes
from resimate_servers.tests.running import Up, gone, rows, write_row

Start = Callable[..., Up]


@pytest.mark.thorough
def test_a_killed_supervisor_takes_its_servers_along_and_loses_nothing(up: Start, folder: Path) -> None:
    first = up(folder)
    write_row(first.urls.owner_database_url, "ada")
    pids = [first.pid_of("postgres"), first.pid_of("valkey")]
    first.stop(signal.SIGKILL)

    second = up(folder)

    assert rows(second.urls.owner_database_url) == ["ada"]
    assert all(gone(pid) for pid in pids)


@pytest.mark.thorough
def test_orphans_are_ended_where_the_kernel_could_not_be_asked_to(up: Start, folder: Path, tmp_path: Path) -> None:
    first = up(folder, env={"PATH": str(tmp_path)})
    write_row(first.urls.owner_database_url, "ada")
    pids = [first.pid_of("postgres"), first.pid_of("valkey")]
    first.process.kill()
    first.process.wait()
    assert all(processes.alive(pid) for pid in pids)

    second = up(folder)

    assert rows(second.urls.owner_database_url) == ["ada"]
    assert all(gone(pid) for pid in pids)


@pytest.mark.thorough
def test_everything_killed_at_once_loses_no_committed_row(up: Start, folder: Path) -> None:
    first = up(folder)
    for number in range(20):
        write_row(first.urls.owner_database_url, f"{number:02}")
    for pid in (first.process.pid, first.pid_of("postgres"), first.pid_of("valkey")):
        os.kill(pid, signal.SIGKILL)
    first.process.wait()

    second = up(folder)

    assert rows(second.urls.owner_database_url) == [f"{number:02}" for number in range(20)]


@pytest.mark.thorough
def test_a_crashed_child_is_started_again_and_that_is_said(up: Start, folder: Path) -> None:
    running = up(folder)
    write_row(running.urls.owner_database_url, "ada")
    os.kill(running.pid_of("postgres"), signal.SIGKILL)

    running.wait_for("PostgreSQL 18 stopped (exit code -9); starting it again in 1 s.")

    server = processes.wait_until(lambda: _answers(running), 20)
    assert server
    assert rows(running.urls.owner_database_url) == ["ada"]


def _answers(running: Up) -> bool:
    try:
        psycopg.connect(running.urls.owner_database_url).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.mark.thorough
@pytest.mark.parametrize(
    "kind",
    ["zombie", *(pytest.param(kind, marks=pytest.mark.thorough) for kind in ("stranger", "nobody", "rubbish"))],
)
def test_a_stale_pid_file_does_not_keep_postgresql_from_starting(up: Start, folder: Path, kind: str) -> None:
    first = up(folder)
    write_row(first.urls.owner_database_url, "ada")
    data = folder / "postgres"
    first.stop()
    seconds = 600 if kind == "stranger" else 0
    stranger = subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({seconds})"])
    if kind == "zombie":
        processes.wait_until(lambda: not processes.alive(stranger.pid), 10)
    pid = {"nobody": "4194303", "rubbish": ""}.get(kind, str(stranger.pid))
    (data / "postmaster.pid").write_text(f"{pid}\n{data}\n1700000000\n1\n\n\n\n\n")

    second = up(folder)

    assert rows(second.urls.owner_database_url) == ["ada"]
    assert kind != "stranger" or processes.alive(stranger.pid), "a stranger's process was ended"
    stranger.kill()
    stranger.wait()


def test_whoever_works_in_the_folder_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in a session of its own, and once it has no command any more."""
    sleeping = [sys.executable, "-c", "import time; time.sleep(600)"]  # until it is killed below
    started = [subprocess.Popen(sleeping, cwd=folder, start_new_session=True) for folder in (tmp_path,) * 3 + ("/",)]
    said = dict(
        zip([one.pid for one in started], ("postgres: io worker 0", "", "vim notes", "postgres: x"), strict=True)
    )
    monkeypatch.setattr(processes, "command_of", said.__getitem__)

    try:
        found = postgres._backends_of(tmp_path)
    finally:
        for one in started:
            one.kill()
            one.wait()
    assert sorted(found) == sorted(pid for pid in said if said[pid] in ("postgres: io worker 0", ""))
    assert not postgres._backends_of(tmp_path)


@pytest.mark.thorough
def test_an_interrupted_initdb_is_made_anew(up: Start, folder: Path) -> None:
    (folder / "postgres.new" / "base").mkdir(parents=True)

    running = up(folder)

    write_row(running.urls.owner_database_url, "ada")
    assert not (folder / "postgres.new").exists()


def test_a_process_that_merely_has_an_old_number_is_left_alone(tmp_path: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])

    ended = processes.end_orphan(stranger.pid, "another boot:1", signal.SIGTERM, grace=1)
    postgres.end_server_of(tmp_path)

    assert not ended
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()
