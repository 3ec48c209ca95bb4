"""Every platform hands over the same names, as settings and overlays have them, with values that the product takes."""

import re
from pathlib import Path
from typing import Any

import pytest

from resimate import servers
from resimate_infra.platforms import PLATFORMS, UnknownPlatform, chosen
from resimate_infra.tests.conftest import built
from resimate_infra.tests.recording import Recorded, overlay

ROOT = Path(__file__).parents[4]
#: What every stack says; those of one platform's overlay come on top.
SAME = {"site", "cluster", "registry", "edge", "nameServers", "vaultSeal", "runtime", "owner"}
#: Certificates of a server, which are mounted beside the settings that name them.
AUTHORITIES = {"DATABASE_CA", "REDIS_CA"}
IN_THE_NETWORK_OF_THEIR_NODE = {"vpc-cni", "kube-proxy", "eks-pod-identity-agent"}
#: What the cluster knows by itself: the authority of its own Vault.
OF_THE_CLUSTER = {"VAULT_CACERT"}


def of_kind(platform: str, kind: str) -> list[dict[str, Any]]:
    return [one for one in overlay(platform) if one["kind"] == kind]


def asked(platform: str) -> list[tuple[str, str]]:
    """What an overlay reads from Vault: the path below ``resimate/``, and the name there."""
    entries = [entry["remoteRef"] for one in of_kind(platform, "ExternalSecret") for entry in one["spec"]["data"]]
    return [(one["key"].removeprefix("resimate/"), one["property"]) for one in entries]


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


@pytest.mark.requirement("SEC-DATA-001")
def test_who_makes_the_roles_knows_the_server_by_what_pods_know_it_by(platform: Recorded) -> None:
    for one in platform.of("pulumi:providers:postgresql"):
        said = Path(one["sslrootcert"]).read_text()
        assert said == platform.outputs["runtime"]["DATABASE_CA"]
        assert "-----BEGIN CERTIFICATE-----" in said
        assert f"@{one['host']}:" in platform.outputs["owner"]["DATABASE_OWNER_URL"]
    assert bool(platform.of("pulumi:providers:postgresql")) == (platform.platform != "onprem")


@pytest.mark.requirement("SEC-DATA-001")
def test_what_pods_hold_opens_no_backups(platform: Recorded) -> None:
    held = " ".join(map(str, platform.outputs["runtime"].values()))

    assert not [key for key in platform.outputs.get("backups", {}).values() if key in held]
    assert ("backups" in platform.outputs) == (platform.platform == "onprem")


@pytest.mark.requirement("NET-001")
def test_in_the_strict_mode_of_eks_all_that_it_brings_is_let() -> None:
    """But for those of its add-ons that are in the network of their node, to which policies are nothing."""
    aws = built("aws")
    named = [one["spec.podSelector"] for one in aws.of("kubernetes:networking.k8s.io/v1:NetworkPolicy")]
    brought = {one["addonName"] for one in aws.of("aws:eks/addon:Addon")}

    let = {word for one in named for word in re.findall(r"[\w-]+", str(one))} | IN_THE_NETWORK_OF_THEIR_NODE
    assert {{"coredns": "kube-dns"}.get(name, name) for name in brought} <= let


@pytest.mark.requirement("AR-001", "DEV-002")
def test_the_overlay_asks_for_nothing_that_is_not_handed_over(platform: Recorded) -> None:
    names = asked(platform.platform)

    assert {("runtime", "DATABASE_URL"), ("owner", "DATABASE_OWNER_URL")} <= set(names)
    missing = {(path, name) for path, name in names if name not in platform.outputs.get(path, {})}
    assert {name for _, name in missing} <= OF_THE_CLUSTER


@pytest.mark.requirement("AR-001", "NET-001")
def test_the_overlay_opens_the_way_to_where_data_are(platform: Recorded) -> None:
    site = platform.outputs["site"]
    ways = [one for one in of_kind(platform.platform, "NetworkPolicy") if "managed-data" in one["metadata"]["name"]]
    written = [
        (rule["to"][0]["ipBlock"]["cidr"], rule["ports"][0]["port"]) for one in ways for rule in one["spec"]["egress"]
    ]

    is_managed = platform.platform != "onprem"
    assert written == [(site["databaseNetwork"], 5432), (site["cacheNetwork"], site["cachePort"])] * is_managed
    settings = next(
        one["data"] for one in of_kind(platform.platform, "ConfigMap") if "RESIMATE_BASE_DOMAIN" in one["data"]
    )
    assert settings["RESIMATE_BASE_DOMAIN"] == site["domain"]


def test_a_platform_that_there_is_not_is_one_sentence() -> None:
    pytest.importorskip("pulumi", reason="the packages of infra/pulumi are not here; `make infrastructure`")
    with pytest.raises(UnknownPlatform, match=f"resimate:platform is ibm; it takes {', '.join(PLATFORMS)}."):
        chosen("ibm")
