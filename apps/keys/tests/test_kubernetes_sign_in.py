"""Sign-in to Vault as the service account that Kubernetes says that we are: a real OpenBao asks, a fake answers it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from apps.keys.providers import Unavailable
from apps.keys.providers import vault as client
from apps.keys.providers.transit import Transit
from apps.keys.providers.vault import Server
from apps.keys.tests.fake_api_server import FakeApiServer
from apps.keys.tests.openbao import OpenBao

pytestmark = [pytest.mark.requirement("SEC-DATA-002"), pytest.mark.usefixtures("unknown")]
SECRET, PLACE = b"s" * 32, "acme|field|1"


def test_without_the_token_of_its_service_account_it_is_away(tmp_path: Path) -> None:
    missing = tmp_path / "token"
    by_account = Server("http://127.0.0.1:1", "", "", "transit/resimate", kubernetes="resimate", account=str(missing))

    with pytest.raises(Unavailable, match=f"{missing} cannot be read: FileNotFoundError"):
        Transit(by_account).wrap(SECRET, PLACE)


def test_no_secret_is_in_the_representation_of_a_server() -> None:
    assert "a-secret" not in repr(Server("http://vault", "role", "a-secret", "transit/resimate"))


@pytest.fixture(scope="module")
def fake_api_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeApiServer]:
    server = FakeApiServer("who-may-review", tmp_path_factory.mktemp("kubernetes"))
    yield server
    server.stop()
    assert server.wrong == []


@pytest.fixture(scope="module")
def vault(fake_api_server: FakeApiServer, openbao: OpenBao) -> OpenBao:
    openbao.root.sys.enable_auth_method("kubernetes", path="cluster")
    method = openbao.root.auth.kubernetes
    method.configure(
        fake_api_server.address,
        kubernetes_ca_cert=fake_api_server.authority,
        token_reviewer_jwt=fake_api_server.reviewer,
        disable_local_ca_jwt=True,
        mount_point="cluster",
    )
    who = {"bound_service_account_names": ["resimate"], "bound_service_account_namespaces": ["production"]}
    method.create_role("resimate", **who, policies=["resimate"], ttl="1h", mount_point="cluster")
    others = {**who, "bound_service_account_namespaces": ["elsewhere"]}
    method.create_role("others", **others, policies=["resimate"], ttl="1h", mount_point="cluster")
    return openbao


@pytest.fixture
def by_account(
    vault: OpenBao, fake_api_server: FakeApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Server:
    monkeypatch.setattr(client, "PATIENCE", 60.0)
    account = tmp_path / "token"
    account.write_text(f"{fake_api_server.issue()}\n")
    return Server(vault.address, "", "", "transit/resimate", kubernetes="cluster/resimate", account=str(account))


@pytest.mark.thorough
def test_the_service_account_is_let_in_and_wraps(by_account: Server, fake_api_server: FakeApiServer) -> None:
    transit, before = Transit(by_account), fake_api_server.reviews

    assert transit.unwrap(transit.wrap(SECRET, PLACE), PLACE) == SECRET
    assert fake_api_server.reviews == before + 1


@pytest.mark.thorough
def test_a_token_that_kubernetes_has_replaced_is_read_anew_when_it_is_needed(
    by_account: Server, vault: OpenBao, fake_api_server: FakeApiServer
) -> None:
    transit = Transit(by_account)
    wrapped = transit.wrap(SECRET, PLACE)
    fake_api_server.allowed.clear()
    Path(by_account.account).write_text(fake_api_server.issue())
    vault.root.auth.token.revoke(transit._client.token)

    assert transit.unwrap(wrapped, PLACE) == SECRET


@pytest.mark.thorough
def test_whom_kubernetes_does_not_know_or_the_role_does_not_mean_is_not_let_in(
    by_account: Server, fake_api_server: FakeApiServer
) -> None:
    with pytest.raises(Unavailable, match="does not let us in"):
        Transit(replace(by_account, kubernetes="cluster/others")).ask()
    with pytest.raises(Unavailable, match="does not let us in"):
        Transit(replace(by_account, kubernetes="cluster/nothing")).ask()
    with pytest.raises(Unavailable, match="does not let us in"):
        Transit(replace(by_account, kubernetes="nowhere/resimate")).ask()
    token = Path(by_account.account).read_text()
    fake_api_server.allowed.clear()

    with pytest.raises(Unavailable, match="does not let us in") as refusal:
        Transit(by_account).ask()
    assert token.strip() not in str(refusal.value)
