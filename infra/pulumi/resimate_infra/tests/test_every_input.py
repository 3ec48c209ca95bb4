"""What holds for every input of every resource holds on every platform, and would be noticed if it did not."""

import pytest

from resimate_infra.tests.recording import Recorded, Resource, configuration
from resimate_infra.tests.sweep import SWEEPS, Sweep, faults, leaves

#: Kinds that give somebody a right.
RIGHTS = {"Assignment", "CryptoKeyIAMMember", "KeyRingIAMMember", "RolePolicy", "UserPolicy"}
KIND = "any:thing/thing:Thing"


def with_input(path: str, value: object) -> Recorded:
    return Recorded("any", (Resource(KIND, "one", {"outer": [{path: value}]}),))


@pytest.mark.requirement("NET-001", "SEC-DATA-001", "DEV-002")
def test_no_input_breaks_what_holds_for_all(platform: Recorded) -> None:
    assert len(list(leaves([one.inputs for one in platform.resources]))) > 200
    assert faults(platform) == []


@pytest.mark.parametrize("sweep", SWEEPS, ids=[sweep.breaks[0] for sweep in SWEEPS])
def test_an_input_that_breaks_it_is_noticed_wherever_it_is(sweep: Sweep) -> None:
    name, value = sweep.breaks

    assert faults(with_input(name, value)) == [f"{KIND} one: outer.0.{name} is {value!r}"]
    assert faults(with_input(*sweep.passes)) == []


@pytest.mark.parametrize("everybody", ["0.0.0.0/0", "::/0", "Internet"])
def test_a_way_in_for_everybody_is_noticed_in_a_kind_that_nobody_reads(everybody: str) -> None:
    assert faults(with_input("allowedNetworks", everybody)) != []


def test_a_network_policy_may_say_whither_and_not_whence() -> None:
    def told(part: str) -> Recorded:
        spec = {part: [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]}
        return Recorded("any", (Resource("kubernetes:networking.k8s.io/v1:NetworkPolicy", "one", {"spec": spec}),))

    assert faults(told("egress")) == []
    assert faults(told("ingress")) != []


@pytest.mark.requirement("SCALE-002", "SEC-DATA-001")
def test_nothing_lies_in_another_region(platform: Recorded) -> None:
    stack = configuration(platform.platform)
    here = {stack["resimate:region"], stack["resimate:secondRegion"]}
    continents = {"EU", "europe"}

    said = {
        value
        for one in platform.resources
        for path, value in leaves(one.inputs)
        if path.rpartition(".")[2] in ("region", "location") and value is not None
    }

    assert said <= here | (continents if platform.platform == "gcp" else set())
    assert len(said & here) == 2


@pytest.mark.requirement("SEC-DATA-001")
def test_nobody_may_use_every_key_of_a_place(platform: Recorded) -> None:
    """Wherever a right is on keys, it is on one of them: not on a vault, a ring or all that there are."""
    kinds = ("keyvault/keyVault:KeyVault", "kms/keyRing:KeyRing")
    places = {f"{one.name}-id" for one in platform.resources if one.kind.partition(":")[2] in kinds}
    rights = [one for one in platform.resources if one.kind.rpartition(":")[2] in RIGHTS]

    said = {(one.name, value) for one in rights for _, value in leaves(one.inputs) if isinstance(value, str)}
    assert not {(name, value) for name, value in said if value in places}
    assert not [name for name, value in said if "kms:" in value and '"Resource": ["*"]' in value]


@pytest.mark.requirement("SEC-DATA-001")
def test_what_is_secret_stays_so_in_the_state(platform: Recorded) -> None:
    assert platform.secret >= {"runtime", "owner"}
    assert {"site", "cluster", "registry"}.isdisjoint(platform.secret)
