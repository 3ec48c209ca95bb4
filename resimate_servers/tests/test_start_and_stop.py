"""The embedded servers start, say where they are, and stop with nothing lost."""

import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from resimate_servers import processes
from resimate_servers.installation import NotRunning, connection_urls
from resimate_servers.tests.running import Up, rows, write_row

Start = Callable[..., Up]


@pytest.mark.thorough
def test_a_second_run_starts_on_the_kept_data(up: Start, folder: Path) -> None:
    first = up(folder)
    write_row(first.urls.owner_database_url, "ada")
    redis.Redis.from_url(first.urls.redis_url).set("name", "bo")
    assert first.stop() == 0

    second = up(folder)

    assert rows(second.urls.owner_database_url) == ["ada"]
    assert redis.Redis.from_url(second.urls.redis_url).get("name") == b"bo"
    assert second.urls == connection_urls(folder)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "how", [signal.SIGINT, *(pytest.param(how, marks=pytest.mark.thorough) for how in (signal.SIGTERM, signal.SIGHUP))]
)
def test_every_usual_way_to_stop_ends_all_servers(up: Start, folder: Path, how: signal.Signals) -> None:
    running = up(folder)
    pids = [running.pid_of("postgres"), running.pid_of("valkey")]

    code = running.stop(how)

    assert code == 0
    assert not any(processes.alive(pid) for pid in pids)
    assert [line.split("  ")[0] for line in running.lines[-2:]] == ["Stopped Valkey", "Stopped PostgreSQL 18"]
    with pytest.raises(NotRunning, match=r"start them with `make run`"):
        connection_urls(folder)


@pytest.mark.thorough
def test_a_signal_during_the_start_stops_what_was_started(folder: Path) -> None:
    starting = Up(folder)
    starting.wait_for("Starting PostgreSQL")

    code = starting.stop()

    assert code == 0
    assert any("Stopped PostgreSQL" in line for line in starting.lines)
    assert not (folder / "runtime.json").exists()


def test_a_child_that_ignores_the_request_is_killed_with_its_own_children(folder: Path) -> None:
    stubborn = (
        "import signal, subprocess, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(99)"
    )
    child = processes.spawn([sys.executable, "-c", stubborn])
    assert child.stdout is not None
    child.stdout.readline()

    gentle = processes.stop(child, signal.SIGTERM, grace=0.2)

    assert not gentle
    assert not list(processes.members_of(child.pid))


@pytest.mark.thorough
def test_the_servers_listen_on_the_loopback_address_only_and_ask_for_the_password(up: Start, folder: Path) -> None:
    running = up(folder)
    without = running.urls.redis_url.replace(running.urls.redis_url.split("@")[0], "redis://:wrong")

    listening = {line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:]}
    ports = [running.entry(name)["port"] for name in ("postgres", "valkey", "mail")]

    assert {f"0100007F:{port:04X}" for port in ports} <= listening
    with pytest.raises(redis.exceptions.AuthenticationError):
        redis.Redis.from_url(without).ping()


@pytest.mark.thorough
def test_a_child_that_cannot_start_ends_the_run_with_its_last_words(folder: Path) -> None:
    failing = Up(folder, sys.executable, "-c", "import sys; sys.exit('no such module')")
    said, _ = failing.process.communicate(timeout=60)

    assert failing.process.returncode == 1
    assert said.rstrip().endswith("extra program stopped while starting (exit code 1).")
    assert "extra     | no such module" in said
    assert "Stopped PostgreSQL 18" in said
