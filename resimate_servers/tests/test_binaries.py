"""The wheel's servers are preferred, the distribution's do as well, and their absence is explained."""

from pathlib import Path

import pytest

from resimate_servers import postgres, valkey
from resimate_servers.errors import EmbeddedError
from resimate_servers.placement import Placement

HERE = Placement(None, Path("/nonexistent"))


@pytest.fixture
def no_wheels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "find_spec", lambda _: None)
    monkeypatch.setattr(valkey, "find_spec", lambda _: None)


@pytest.fixture
def distribution(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A system with PostgreSQL 14, 15 and 16."""
    for major in (14, 15, 16):
        (tmp_path / str(major) / "bin").mkdir(parents=True)
    monkeypatch.setattr(postgres, "DISTRIBUTION", tmp_path)
    return tmp_path


def test_the_wheel_comes_first(distribution: Path) -> None:
    assert postgres.find_binaries(HERE).major == 18


def test_without_the_wheel_the_newest_of_the_system_is_used(no_wheels: None, distribution: Path) -> None:
    assert postgres.find_binaries(HERE) == postgres.Binaries(distribution / "16" / "bin", 16)


def test_data_of_an_older_version_gets_the_server_that_wrote_it(distribution: Path) -> None:
    assert postgres.find_binaries(HERE, 15) == postgres.Binaries(distribution / "15" / "bin", 15)


def test_data_of_a_version_that_is_absent_or_too_old_is_left_alone(distribution: Path) -> None:
    for major in (14, 17):
        with pytest.raises(EmbeddedError, match=f"written by PostgreSQL {major}, which is not"):
            postgres.find_binaries(HERE, major)


def test_a_platform_without_servers_is_told_what_to_do(
    no_wheels: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(postgres, "DISTRIBUTION", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(EmbeddedError, match="install postgresql 15 or newer, or set DATABASE_URL"):
        postgres.find_binaries(HERE)
    with pytest.raises(EmbeddedError, match="install valkey or redis, or set REDIS_URL"):
        valkey.find_binary(HERE)


def test_any_redis_on_the_path_will_do(no_wheels: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "redis-server").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert valkey.find_binary(HERE) == tmp_path / "redis-server"


def test_an_explanation_of_postgresql_is_shortened_to_a_sentence() -> None:
    full = "initdb: error: could not write file: No space left on device"
    unknown = "initdb: error: could not look up effective user ID 4711: user does not exist"

    assert "is full" in postgres._failure(full, Path("/data"))
    assert "needs an account" in postgres._failure(unknown, Path("/data"))
