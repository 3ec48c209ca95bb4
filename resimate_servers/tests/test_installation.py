"""The data folder: one supervisor at a time, secrets made once, and one clear sentence when it cannot be used."""

import json
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from resimate_servers import installation as module
from resimate_servers import ports, secret_file
from resimate_servers.errors import EmbeddedError
from resimate_servers.installation import Installation, NotRunning, connection_urls, demo_password, secret_of
from resimate_servers.tests.running import Up, rows, write_row

Start = Callable[..., Up]


@pytest.mark.thorough
def test_two_installations_run_side_by_side(up: Start, folder: Path) -> None:
    one, other = up(folder / "one"), up(folder / "other")

    write_row(one.urls.owner_database_url, "one")
    write_row(other.urls.owner_database_url, "other")

    assert rows(one.urls.owner_database_url) == ["one"]
    assert rows(other.urls.owner_database_url) == ["other"]


def test_a_second_start_on_the_same_folder_is_refused(folder: Path) -> None:
    with Installation.open(folder), pytest.raises(EmbeddedError, match=r"already runs on .*data"):
        Installation.open(folder)

    Installation.open(folder).close()


@pytest.mark.thorough
def test_a_long_folder_with_spaces_and_umlauts_works(up: Start, folder: Path) -> None:
    running = up(folder / 'Prüfung "zwei"' / "/".join(["langer-name-" * 3] * 4))

    write_row(running.urls.owner_database_url, "ada")

    assert rows(running.urls.owner_database_url) == ["ada"]


def test_secrets_are_made_once_and_readable_by_their_owner_only(folder: Path) -> None:
    first = {name: secret_of(folder, name) for name in secret_file.MAKERS}

    assert {name: secret_of(folder, name) for name in secret_file.MAKERS} == first
    assert len(set(first.values())) == len(first)
    assert stat.S_IMODE((folder / "secrets.json").stat().st_mode) == 0o600
    assert len(first["secret_key"]) >= 50


def test_a_demo_password_is_the_same_at_every_run(folder: Path) -> None:
    folder.mkdir()

    ada, bo = demo_password(folder, "ada@demo.example"), demo_password(folder, "bo@demo.example")

    assert ada != bo
    assert demo_password(folder, "ada@demo.example") == ada


def test_damaged_secrets_are_not_replaced_by_new_ones(folder: Path) -> None:
    folder.mkdir()
    (folder / "secrets.json").write_text("{")

    with pytest.raises(EmbeddedError, match="is damaged"):
        secret_of(folder, "secret_key")

    assert (folder / "secrets.json").read_text() == "{"


def test_a_folder_that_cannot_be_made_is_named_in_one_sentence() -> None:
    with pytest.raises(EmbeddedError, match=r"/proc/nowhere/data cannot be written to; set RESIMATE_DATA_DIR"):
        Installation.open(Path("/proc/nowhere/data"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_named_in_one_sentence(folder: Path) -> None:
    folder.mkdir(mode=0o500)
    folder.parent.chmod(0o500)

    with pytest.raises(EmbeddedError, match="cannot be written to; set RESIMATE_DATA_DIR"):
        Installation.open(folder / "below")


def test_a_full_disk_is_noticed_before_anything_is_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEAST_FREE_BYTES", 1 << 60)

    with pytest.raises(EmbeddedError, match=r"The disk that holds .* is full"):
        Installation.open(folder)


def test_a_busy_port_is_named_together_with_its_variable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(EmbeddedError) as refused:
            ports.require_free(port, "RESIMATE_PORT")

    assert str(refused.value) == f"Port {port} is already in use; set RESIMATE_PORT to another one."
    ports.require_free(port, "RESIMATE_PORT")


def test_a_port_is_remembered_until_somebody_else_takes_it(folder: Path) -> None:
    with Installation.open(folder) as opened:
        port = opened.port_for("postgres")
        assert opened.port_for("postgres") == port

        with socket.create_server(("127.0.0.1", port)):
            assert opened.port_for("postgres") != port


def test_addresses_from_the_environment_need_no_running_server(folder: Path) -> None:
    given = {"database_url": "postgresql://own@db/r", "redis_url": "redis://cache", "email_url": "smtp://post"}

    urls = connection_urls(folder, {**given, "owner_database_url": "postgresql://migrator@db/r"})

    assert (urls.database_url, urls.owner_database_url) == ("postgresql://own@db/r", "postgresql://migrator@db/r")
    assert (urls.redis_url, urls.email_url) == ("redis://cache", "smtp://post")
    assert not any([urls.embedded_database, urls.embedded_redis, urls.embedded_email])


def test_a_database_url_alone_is_the_owner_and_the_runtime_role_is_derived(folder: Path) -> None:
    given = {
        "database_url": "postgresql://own:pw@db:5433/r?sslmode=require",
        "redis_url": "redis://c",
        "email_url": "smtp://p",
    }

    urls = connection_urls(folder, given, role_prefix="lab")

    assert urls.owner_database_url == given["database_url"]
    assert urls.database_url == f"postgresql://lab_app:{secret_of(folder, 'postgres_app')}@db:5433/r?sslmode=require"


def test_a_runtime_file_without_its_supervisor_counts_for_nothing(folder: Path) -> None:
    folder.mkdir()
    servers = {name: {"port": 1} for name in ("postgres", "valkey", "mail")}
    (folder / "runtime.json").write_text(json.dumps({"pid": os.getpid(), "servers": servers}))

    with pytest.raises(NotRunning, match=r"^The embedded servers are not running; start them with `make run`\.$"):
        connection_urls(folder)
