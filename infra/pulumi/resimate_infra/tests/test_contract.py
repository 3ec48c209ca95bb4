"""Every platform hands over the same names, as settings and overlays have them, with values that the product takes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from resimate import servers
from resimate_infra.platforms import PLATFORMS, UnknownPlatform, chosen
from resimate_infra.tests.conftest import built
from resimate_infra.tests.recording import Recorded

ROOT = Path(__file__).parents[4]
#: What every stack says; those of one platform's overlay come on top.
SAME = {"site", "cluster", "registry", "edge", "nameServers", "vaultSeal", "runtime", "owner"}
#: Certificates of a server, which are mounted beside the settings that name them.
AUTHORITIES = {"DATABASE_CA", "REDIS_CA"}
#: What the cluster knows by itself: the authority of its own Vault.
OF_THE_CLUSTER = {"VAULT_CACERT"}


def overlays_ask() -> Iterator[tuple[str, str]]:
    """What overlays read from Vault: the path below ``resimate/``, and the name there."""
    for file in sorted((ROOT / "k8s" / "components" / "external-secrets-vault").glob("secrets.yaml")):
        for one in yaml.safe_load_all(file.read_text()):
            for entry in one.get("spec", {}).get("data", []):
                yield entry["remoteRef"]["key"].removeprefix("resimate/"), entry["remoteRef"]["property"]


@pytest.mark.requirement("AR-001", "EXT-001")
def test_all_platforms_fill_the_same_names(platform: Recorded) -> None:
    assert set(platform.outputs) >= SAME
    assert set(platform.outputs["runtime"]) == set(built("aws").outputs["runtime"])
    assert set(platform.outputs["owner"]) == {"DATABASE_OWNER_URL"}
    assert all(value for part in ("runtime", "owner", "site") for value in platform.outputs[part].values())


@pytest.mark.requirement("AR-001")
def test_the_names_are_those_of_settings(platform: Recorded) -> None:
    settings = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "settings.md").read_text(), re.M))

    assert {*platform.outputs["runtime"], *platform.outputs["owner"]} - AUTHORITIES <= settings


@pytest.mark.requirement("AR-001", "SEC-DATA-001")
def test_the_product_takes_every_address_and_by_verified_tls(platform: Recorded) -> None:
    addresses: dict[str, Any] = {**platform.outputs["runtime"], **platform.outputs["owner"]}

    for name in sorted(addresses.keys() & servers.TAKES.keys()):
        assert servers.checked(name, addresses[name]) == addresses[name]
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        assert servers.query_of(addresses[name])["sslmode"] == "verify-full"
    assert addresses["REDIS_URL"].startswith("rediss://")
    assert servers.query_of(addresses["REDIS_URL"])["ssl_cert_reqs"] == "required"
    assert "+http" not in addresses["OBJECT_STORE_URL"] + addresses["COLD_STORE_URL"]
    assert len(servers.encryption_key(addresses["ENCRYPTION_KEY"])) == 32


def test_overlays_ask_for_nothing_that_is_not_handed_over(platform: Recorded) -> None:
    asked = list(overlays_ask())
    if not asked:
        pytest.skip("there are no overlays in k8s/ that ask for secrets")

    assert [
        (path, name)
        for path, name in asked
        if name not in platform.outputs.get(path, {}) and name not in OF_THE_CLUSTER
    ] == []


def test_a_platform_that_there_is_not_is_one_sentence() -> None:
    pytest.importorskip("pulumi", reason="the packages of infra/pulumi are not here; `make infrastructure`")
    with pytest.raises(UnknownPlatform, match=f"resimate:platform is ibm; it takes {', '.join(PLATFORMS)}."):
        chosen("ibm")
