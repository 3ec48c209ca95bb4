"""Secrets that are no keys: what is not there is lost, and where nobody can be asked it is away."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hvac import exceptions

from apps.core.memory import forget_all
from apps.keys import providers
from apps.keys.providers import choice
from apps.keys.providers.secrets import Secrets
from apps.keys.providers.vault import Server

pytestmark = pytest.mark.requirement("SEC-DATA-001", "SEC-DATA-002")
PATH = "secret/data/resimate"


@pytest.fixture
def there(settings: Any) -> Iterator[Any]:
    """There is a server that nobody asks."""
    settings.VAULT = {**settings.VAULT, "address": "http://127.0.0.1:1"}
    forget_all()
    yield settings
    forget_all()


def test_a_field_or_a_secret_that_is_not_there_is_lost(there: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = Secrets(Server(**there.VAULT))
    monkeypatch.setattr(secrets, "in_time", lambda _ask: {"password": "hush"})

    assert secrets.read(PATH, "password") == "hush"
    with pytest.raises(providers.Lost, match=f"the secret at {PATH} has no field user"):
        secrets.read(PATH, "user")

    for kind in (exceptions.InvalidPath, exceptions.InvalidRequest):
        monkeypatch.setattr(secrets, "in_time", _raising(kind("no")))
        with pytest.raises(providers.Lost, match=f"there is no secret at {PATH}"):
            secrets.read(PATH, "password")


def _raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: Any) -> Any:
        raise error

    return fail


def test_without_an_address_or_a_client_it_is_away(there: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as absent:
        absent.setattr(choice, "_secrets", _raising(ModuleNotFoundError("No module named 'hvac'")))
        with pytest.raises(providers.Unavailable, match="its client is not installed"):
            providers.secret(PATH, "password")
    there.VAULT["address"] = ""

    with pytest.raises(providers.Unavailable, match="VAULT_ADDR is not set"):
        providers.secret(PATH, "password")
