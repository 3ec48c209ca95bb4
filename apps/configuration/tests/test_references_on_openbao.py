"""A value in a real OpenBao: there, in a new version, forbidden, gone, away, sealed."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import Any

import pytest
from django.test import override_settings
from hvac.exceptions import InvalidRequest

from apps.configuration import references, services, snapshots
from apps.configuration.environment import out_of_reach
from apps.configuration.levels import Unfit
from apps.core.memory import forget_all
from apps.keys.providers import vault as client
from apps.keys.tests.conftest import openbao, unknown  # noqa: F401  fixtures
from apps.keys.tests.openbao import OpenBao
from resimate_servers.processes import wait_until

pytestmark = [
    pytest.mark.requirement("UC-002", "ENV-002", "SEC-DATA-001"),
    pytest.mark.thorough,
    pytest.mark.usefixtures("unknown"),
]
KEY = "toy.number"
MAY_READ = 'path "secret/data/resimate" { capabilities = ["read"] }'


@pytest.fixture(scope="module")
def running(openbao: OpenBao) -> OpenBao:  # noqa: F811  the fixture
    openbao.root.sys.enable_secrets_engine("kv", path="secret", options={"version": "2"})
    assert wait_until(lambda: _takes_secrets(openbao), 60)
    return openbao


def _takes_secrets(server: OpenBao) -> bool:
    """A new engine makes itself ready for versions first."""
    try:
        say(server, password="hush")
    except InvalidRequest:
        return False
    return True


@pytest.fixture
def vault(running: OpenBao, acme: Any, toy: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenBao]:
    """We may read one secret there, which has a password; each look asks anew, and one who is away is asked again."""
    monkeypatch.setattr(client, "PATIENCE", 60.0)
    monkeypatch.setattr(client, "VAULT", replace(client.VAULT, failures=1000))
    monkeypatch.setattr(references, "HOLDS", 0.0)
    monkeypatch.setattr(references, "SECONDS", 0.0)
    toy(default="", schema={"type": "string"}, sensitive=True)
    running.root.sys.create_or_update_acl_policy("resimate", MAY_READ)
    say(running, password="hush")
    forget_all()
    with override_settings(VAULT=asdict(running.server)):
        yield running
    if running.process is None:
        running.start()
    elif running.root.sys.is_sealed():
        running.unseal()


@pytest.fixture
def refers(vault: OpenBao) -> Iterator[Callable[[str], None]]:
    told: dict[str, str] = {}

    def refer(text: str) -> None:
        told["TOY_NUMBER"] = text
        snapshots._counted({})  # as the follower of a process does

    with override_settings(CONFIGURATION=told):
        refer("vault:secret/data/resimate#password")
        yield refer


def say(vault: OpenBao, **fields: str) -> None:
    vault.root.secrets.kv.v2.create_or_update_secret("resimate", secret=fields)


def test_a_new_version_is_seen(refers: Any, vault: OpenBao) -> None:
    assert services.get(KEY) == "hush"

    say(vault, password='"whisper')

    assert (services.get(KEY), out_of_reach()) == ('"whisper', {})


def test_what_is_not_for_us_is_told_so_and_the_last_good_value_holds(refers: Any, vault: OpenBao) -> None:
    services.get(KEY)
    vault.root.sys.create_or_update_acl_policy("resimate", "# nothing")

    assert services.get(KEY) == "hush"
    assert "Forbidden: 1 error occurred: * permission denied" in out_of_reach()[KEY]


@pytest.mark.parametrize(("fields", "told"), [({"other": "x"}, "has no field password"), (None, "there is no secret")])
def test_a_field_or_a_secret_that_goes_away_is_told(
    refers: Any, vault: OpenBao, fields: dict[str, str] | None, told: str
) -> None:
    services.get(KEY)
    if fields is None:
        vault.root.secrets.kv.v2.delete_latest_version_of_secret("resimate")
    else:
        say(vault, **fields)

    assert services.get(KEY) == "hush"
    assert told in out_of_reach()[KEY]


@pytest.mark.parametrize("place", ["secret/data/nowhere", "nowhere/data/resimate", "transit/data/resimate"])
def test_a_place_that_never_was_there_is_refused(refers: Callable[[str], None], vault: OpenBao, place: str) -> None:
    vault.root.sys.create_or_update_acl_policy("resimate", f'path "{place}" {{ capabilities = ["read"] }}')
    refers(f"vault:{place}#password")

    with pytest.raises(Unfit):
        services.get(KEY)
    assert f"there is no secret at {place}" in out_of_reach()[KEY]


@pytest.mark.parametrize("how", ["sealed", "away"])
def test_while_it_is_not_there_the_last_good_value_holds_and_a_new_process_is_refused(
    refers: Any, vault: OpenBao, how: str
) -> None:
    assert services.get(KEY) == "hush"
    vault.root.sys.seal() if how == "sealed" else vault.stop()
    assert services.get(KEY) == "hush"
    assert ("VaultDown" if how == "sealed" else "takes no connection") in out_of_reach()[KEY]

    references._known.clear()
    with pytest.raises(Unfit):
        services.get(KEY)

    vault.unseal() if how == "sealed" else vault.start()
    assert (services.get(KEY), out_of_reach()) == ("hush", {})
