from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django_tenants.utils import schema_context

from apps.core.memory import forget_all
from apps.keys import offline

OTHER_KEY = b"another key of thirty-two bytes!"


@pytest.fixture
def remember(now: Any) -> Callable[[str], Any]:
    """Store a text, encrypted, in the tenant that the test is in: in the one table that the lowest app has for it."""
    from apps.core.models import RememberedAnswer

    def store(body: str) -> RememberedAnswer:
        return RememberedAnswer.objects.create(
            user=uuid4(), key=str(uuid4()), request_digest=b"d" * 32, body=body, created_at=now
        )

    return store


@pytest.fixture
def unknown(db: None) -> Iterator[None]:
    """Nobody knows yet how servers of keys are; what the test finds out, beside its transaction, is forgotten again."""
    from apps.keys.providers.vault import VAULT
    from apps.outbound import breaker
    from apps.outbound.models import Destination

    yield
    breaker._shared(VAULT, Destination.objects.all().delete)


@pytest.fixture(scope="module")
def openbao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A real OpenBao, for the tests of a file together."""
    from apps.keys.tests.openbao import started

    with started(tmp_path_factory.mktemp("openbao")) as server:
        yield server


@pytest.fixture(scope="session")
def pair() -> offline.Made:
    return offline.make(holders=3, needed=2)


@pytest.fixture(scope="session")
def of_others() -> offline.Made:
    return offline.make(holders=2, needed=2)


@pytest.fixture
def escrowed(db: None, pair: offline.Made, now: datetime) -> offline.Made:
    """The installation has a recovery key, and a copy of every key for it."""
    from apps.keys import services

    with schema_context("public"):
        services.add_recovery_key(pair.public, now=now)
        assert services.escrow(now=now).failed == []
    return pair


@pytest.fixture
def files(tmp_path: Path) -> Callable[..., list[str]]:
    """Arguments of the command that name these shares."""

    def write(*shares: str) -> list[str]:
        names = []
        for number, text in enumerate(shares):
            path = tmp_path / f"share-{number}"
            path.write_text(text)
            names += ["--share", str(path)]
        return names

    return write


@pytest.fixture
def lose(settings: Any) -> Callable[[], None]:
    def lose_the_key() -> None:
        settings.ENCRYPTION_KEY = OTHER_KEY
        forget_all()

    return lose_the_key
