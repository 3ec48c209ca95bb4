"""Who reaches whom, both ways: all pairs are tried against the network policies, and what is not listed is kept away.

The addresses of pods count for blocks of addresses, too, as some networks have it: a refusal here is one everywhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

import pytest
from django.test import RequestFactory, override_settings

from apps.core.observability.middleware import client_address
from resimate.tests.kubernetes import manifests
from resimate.tests.kubernetes.manifests import CLOUDS, OVERLAYS, Document, chosen


@dataclass(frozen=True)
class Place:
    """A pod, or an address outside of the cluster; and the ports at which it is tried."""

    address: str
    namespace: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    ports: tuple[int, ...] = ()
    names: dict[str, int] = field(default_factory=dict)


def _pod(namespace: str, *ports: int, names: dict[str, int] | None = None, name: str = "", **labels: str) -> Place:
    others = {key.replace("_", "-"): value for key, value in labels.items()}
    return Place("10.244.0.9", namespace, others | {"app.kubernetes.io/name": name}, ports, names or {})


OURS, DMZ, MANAGEMENT = "resimate", "resimate-dmz", "resimate-management"
SEGMENTS = {OURS, DMZ, MANAGEMENT}
DOOR_PORTS = {"http": 8080, "https": 8443, "metrics": 10254}
PLACES = {
    "requests": _pod(OURS, 8000, 9000, 22, name="resimate", tier="application", serves="requests"),
    "queues": _pod(OURS, 9000, name="resimate", tier="application", serves="queues"),
    "migration": _pod(OURS, 9000, name="resimate", tier="application", serves="migration"),
    "database": _pod(OURS, 5432, 22, name="postgres", tier="database"),
    "cache": _pod(OURS, 6379, name="valkey", tier="cache"),
    "stranger beside": _pod(OURS, 8000, name="stranger"),
    "stranger": _pod("default", 8000, name="resimate", tier="application", serves="requests"),
    "door": _pod(DMZ, 8080, 8443, 10254, names=DOOR_PORTS, name="ingress-nginx"),
    "prometheus": _pod(MANAGEMENT, 9090, name="prometheus"),
    "alertmanager": _pod(MANAGEMENT, 9093, name="alertmanager"),
    "keda": _pod(MANAGEMENT, 443, 9443, name="keda-operator"),
    "metrics of keda": _pod(MANAGEMENT, 443, 6443, 10250, name="keda-operator-metrics-apiserver"),
    "webhook of cert-manager": _pod(MANAGEMENT, 443, 10250, name="webhook"),
    "operator of databases": _pod(MANAGEMENT, 443, 6443, 9443, 10250, name="cloudnative-pg"),
    "grafana": _pod(MANAGEMENT, 3000, name="grafana"),
    "something in management": _pod(MANAGEMENT, 443, 6443, name="something"),
    "something in the dmz": _pod(DMZ, 443, name="something"),
    "agent of the api server": _pod("kube-system", 443, k8s_app="konnectivity-agent"),
    "something elsewhere": _pod("default", 443, 6443, 10250, name="something"),
    "vault": _pod(MANAGEMENT, 8200, name="vault"),
    "external-secrets": _pod(MANAGEMENT, 8443, name="external-secrets"),
    "names": _pod("kube-system", 53, k8s_app="kube-dns"),
    "internet": Place("203.0.113.9", ports=(443, 587, 25, 22)),
    "neighbour": Place("10.99.0.9", ports=(443, 5432, 8000)),
    "office": Place("192.168.7.7", ports=(22, 443, 6443, 10250)),
    "api server": Place("10.96.0.1", ports=(443, 6443, 22)),  # where the overlay has it
    "instance metadata": Place("169.254.169.254", ports=(80, 443)),
}
#: Those in no segment of ours. From anywhere one comes to the door.
FOREIGN = [name for name, place in PLACES.items() if place.namespace not in SEGMENTS]
OPERATE = ("keda", "metrics of keda", "webhook of cert-manager", "operator of databases", "external-secrets")
#: By these the API server asks whether an object may be.
ASK = ("api server", "agent of the api server")
REACHES = {
    *((who, "door", port) for who in FOREIGN for port in (8080, 8443)),
    ("door", "requests", 8000),
    *((who, "database", 5432) for who in ("requests", "queues", "migration")),
    *((who, "cache", 6379) for who in ("requests", "queues", "migration")),
    *((who, "vault", 8200) for who in ("requests", "queues", "migration", "external-secrets")),
    *((who, "internet", 443) for who in ("requests", "queues")),
    ("queues", "internet", 587),
    ("vault", "internet", 443),  # the key service that opens it
    *(("prometheus", who, 9000) for who in ("requests", "queues", "migration")),
    ("prometheus", "door", 10254),
    ("prometheus", "alertmanager", 9093),
    *(("alertmanager", "internet", port) for port in (443, 587)),
    *((who, "prometheus", 9090) for who in ("keda", "grafana")),
    *((who, "api server", port) for who in ("door", *OPERATE, "prometheus", "vault") for port in (443, 6443)),
    *((who, "keda", 9443) for who in ASK),
    *((who, "metrics of keda", port) for who in ASK for port in (6443, 10250)),
    *((who, "webhook of cert-manager", 10250) for who in ASK),
    *((who, "operator of databases", port) for who in ASK for port in (6443, 9443, 10250)),
}


@dataclass(frozen=True)
class Cluster:
    policies: list[Document]
    namespaces: dict[str, dict[str, str]]

    @classmethod
    def of(cls, overlay: str) -> "Cluster":
        found = {one["metadata"]["name"]: one["metadata"]["labels"] for one in manifests.of_kind(overlay, "Namespace")}
        every = {*found, *(place.namespace for place in PLACES.values() if place.namespace)}
        labels = {name: found.get(name, {}) | {"kubernetes.io/metadata.name": name} for name in every}
        return cls(manifests.of_kind(overlay, "NetworkPolicy"), labels)

    def lets(self, one: Place, other: Place, port: int, protocol: str = "TCP") -> bool:
        goes = not one.namespace or self._passes("Egress", one, other, other, port, protocol)
        comes = not other.namespace or self._passes("Ingress", other, one, other, port, protocol)
        return goes and comes

    def _passes(self, way: str, of: Place, other: Place, called: Place, port: int, protocol: str) -> bool:
        policies = [one for one in self.policies if self._governs(one, of, way)]
        rules = [rule for one in policies for rule in one["spec"].get(way.lower()) or ()]
        sides = "to" if way == "Egress" else "from"
        return not policies or any(
            self._is_one_of(rule.get(sides), other, of.namespace)
            and _is_port(rule.get("ports"), called, port, protocol)
            for rule in rules
        )

    def _governs(self, policy: Document, of: Place, way: str) -> bool:
        spec, namespace = policy["spec"], policy["metadata"]["namespace"]
        return namespace == of.namespace and way in spec["policyTypes"] and chosen(spec["podSelector"], of.labels)

    def _is_one_of(self, sides: list[Document] | None, place: Place, home: str) -> bool:
        return sides is None or any(self._is(side, place, home) for side in sides)

    def _is(self, side: Document, place: Place, home: str) -> bool:
        if block := side.get("ipBlock"):
            address = ip_address(place.address)
            return address in ip_network(block["cidr"]) and not any(
                address in ip_network(one) for one in block.get("except", ())
            )
        if not place.namespace:
            return False
        if "namespaceSelector" in side:
            if not chosen(side["namespaceSelector"], self.namespaces[place.namespace]):
                return False
        elif place.namespace != home:
            return False
        return chosen(side.get("podSelector", {}), place.labels)


def _is_port(ports: list[Document] | None, called: Place, port: int, protocol: str) -> bool:
    if ports is None:
        return True
    numbers = {(one.get("protocol", "TCP"), called.names.get(one["port"], one["port"])) for one in ports}
    return (protocol, port) in numbers


def _api_server(overlay: str) -> Place:
    """The first address of the network that the site names."""
    policy = manifests.named(overlay, "NetworkPolicy", "door-to-api-server", DMZ)
    network = ip_network(policy["spec"]["egress"][0]["to"][0]["ipBlock"]["cidr"])
    return Place(str(network[1]), ports=PLACES["api server"].ports)


def _reached(overlay: str) -> Iterator[tuple[str, str, int]]:
    cluster, places = Cluster.of(overlay), PLACES | {"api server": _api_server(overlay)}
    for one, place in places.items():
        for other, target in places.items():
            if one != other and {place.namespace, target.namespace} & SEGMENTS:
                yield from ((one, other, port) for port in target.ports if cluster.lets(place, target, port))


@pytest.mark.requirement("NET-001", "SEC-NET-001")
@pytest.mark.parametrize("overlay", ["aws", "dev", "testing"])
def test_only_who_is_listed_reaches_anybody(overlay: str) -> None:
    names = PLACES["names"]
    reached = {one for one in _reached(overlay) if PLACES[one[1]] != names}

    assert reached - REACHES == set()
    assert REACHES - reached == set()


@pytest.mark.requirement("NET-001")
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_everybody_learns_names_and_nobody_has_a_way_without_a_rule(overlay: str) -> None:
    cluster = Cluster.of(overlay)

    for place in PLACES.values():
        if place.namespace in SEGMENTS:
            assert cluster.lets(place, PLACES["names"], 53, "UDP")
    everybody = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    nobody = [one["metadata"]["namespace"] for one in cluster.policies if one["spec"] == everybody]
    watching = ["resimate-detection"] if overlay == "production" else []
    assert sorted(nobody) == [OURS, *watching, DMZ, MANAGEMENT]


@pytest.mark.requirement("NET-001", "SEC-NET-001")
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_who_names_a_namespace_as_ours_is_kept_away(overlay: str) -> None:
    """Labels of a namespace are written by whoever makes it, but for its name."""
    cluster = Cluster.of(overlay)
    ours = {one["metadata"]["name"]: one["metadata"]["labels"] for one in manifests.of_kind(overlay, "Namespace")}
    for segment in SEGMENTS:
        cluster.namespaces["evil"] = ours[segment] | {"kubernetes.io/metadata.name": "evil"}
        for name, place in PLACES.items():
            as_one = Place("10.244.0.9", "evil", place.labels)
            for other, target in PLACES.items():
                if target.namespace in SEGMENTS and other != "door":
                    assert not any(cluster.lets(as_one, target, port) for port in target.ports), (name, other)
    assert "198.51.100." not in manifests.text_of(overlay)  # what base/site.yaml has until a place says its own
    selectors = [rule for one in cluster.policies for rule in _selectors_of_namespaces(one["spec"])]
    assert len(selectors) > 10
    assert {key for one in selectors for key in _keys(one)} == {"kubernetes.io/metadata.name"}


def _selectors_of_namespaces(spec: Document) -> Iterator[Document]:
    for way, sides in (("ingress", "from"), ("egress", "to")):
        for rule in spec.get(way) or ():
            yield from (side["namespaceSelector"] for side in rule.get(sides) or () if "namespaceSelector" in side)


def _keys(selector: Document) -> list[str]:
    return [*selector.get("matchLabels", {}), *(one["key"] for one in selector.get("matchExpressions", ()))] or [""]


@pytest.mark.requirement("SEC-NET-002")
def test_what_detects_tells_alertmanager_and_is_reached_by_nobody() -> None:
    cluster = Cluster.of("production")
    falco, sidekick = (_pod("resimate-detection", name=name) for name in ("falco", "falcosidekick"))
    cluster.namespaces.setdefault("resimate-detection", {})

    assert cluster.lets(falco, sidekick, 2801)
    assert cluster.lets(sidekick, PLACES["alertmanager"], 9093)
    assert not cluster.lets(falco, PLACES["alertmanager"], 9093)
    for place in PLACES.values():
        assert not any(cluster.lets(place, watcher, 2801) for watcher in (falco, sidekick))
        assert not any(cluster.lets(sidekick, place, port) for port in place.ports if port not in (53, 9093))


@pytest.mark.requirement("SEC-NET-001")
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_database_is_reached_by_the_application_alone_to_the_letter(overlay: str) -> None:
    policy = manifests.named(overlay, "NetworkPolicy", "database-isolation")

    assert policy["spec"] == {
        "podSelector": {"matchLabels": {"tier": "database"}},
        "policyTypes": ["Ingress"],
        "ingress": [
            {
                "from": [{"podSelector": {"matchLabels": {"tier": "application"}}}],
                "ports": [{"protocol": "TCP", "port": 5432}],
            }
        ],
    }


@pytest.mark.requirement("DB-001", "SEC-NET-001")
@pytest.mark.parametrize("overlay", ["onprem", "testing"])
def test_members_of_the_database_reach_each_other_besides(overlay: str) -> None:
    cluster = Cluster.of(overlay)
    labels = {"tier": "database", "cnpg.io/cluster": "resimate-database"}
    member = Place("10.244.0.9", OURS, labels)
    joining = Place("10.244.0.9", OURS, {"cnpg.io/cluster": "resimate-database"})  # the operator's job has no tier
    operator = _pod(MANAGEMENT, name="cloudnative-pg")

    assert cluster.lets(member, member, 5432)
    assert cluster.lets(joining, member, 5432)
    assert cluster.lets(operator, member, 8000)
    assert not cluster.lets(operator, member, 5432)
    store = manifests.named(overlay, "NetworkPolicy", "database-to-object-store")["spec"]["egress"][0]
    objects = Place(str(ip_network(store["to"][0]["ipBlock"]["cidr"])[1]))
    for who in (member, joining):
        assert cluster.lets(who, objects, 443)
        assert not cluster.lets(who, objects, 6443)
        assert all(cluster.lets(who, _api_server(overlay), port) for port in (443, 6443))
        for other in ("internet", "office", "neighbour", "something elsewhere", "something in management"):
            assert not any(cluster.lets(who, PLACES[other], port) for port in (443, 6443, 10250)), other
    for name, place in PLACES.items():
        is_of_application = place.labels.get("tier") == "application" and place.namespace == OURS
        assert cluster.lets(place, member, 5432) == is_of_application, name


@pytest.mark.requirement("NET-001")
@pytest.mark.parametrize("overlay", [cloud for cloud in CLOUDS if cloud != "onprem"])
def test_a_managed_database_is_reached_in_its_network_alone(overlay: str) -> None:
    cluster = Cluster.of(overlay)
    (policy,) = [one for one in cluster.policies if one["metadata"]["name"] == "application-to-managed-data"]
    database, cache = (rule["to"][0]["ipBlock"]["cidr"] for rule in policy["spec"]["egress"])

    port = policy["spec"]["egress"][1]["ports"][0]["port"]

    assert ip_network(database).is_private
    assert not ip_network(database).overlaps(ip_network(cache))
    for who in ("requests", "queues", "migration", "stranger beside", "door", "prometheus"):
        for network, of in ((database, 5432), (cache, port)):
            place = Place(str(ip_network(network)[9]))
            assert cluster.lets(PLACES[who], place, of) == (who in ("requests", "queues", "migration"))
        assert not cluster.lets(PLACES[who], Place(str(ip_network(cache)[9])), 5432)


@pytest.mark.requirement("NET-001", "K8S-002")
def test_knative_brings_requests_by_its_own_ways_and_no_other() -> None:
    """From the door to the gateway, the activator, the pod's proxy: each takes them from the one before alone."""
    cluster = Cluster.of("knative")
    spaces = ("knative-serving", "kourier-system")
    cluster.namespaces.update({name: {"kubernetes.io/metadata.name": name} for name in spaces})
    gateway = Place("10.244.0.9", "kourier-system", {"app": "3scale-kourier-gateway"}, (8080, 8081, 8090, 8443))
    activator = Place("10.244.0.9", "knative-serving", {"app": "activator"}, (8012, 8112, 9090))
    autoscaler = Place("10.244.0.9", "knative-serving", {"app": "autoscaler"}, ())
    beside = [Place("10.244.0.9", space, {"app": "something"}) for space in spaces]
    requests = PLACES["requests"]

    assert cluster.lets(PLACES["door"], gateway, 8081)
    assert cluster.lets(gateway, activator, 8012)
    assert cluster.lets(activator, requests, 8012)
    assert cluster.lets(autoscaler, requests, 9090)
    assert not cluster.lets(activator, PLACES["database"], 5432)
    assert not cluster.lets(activator, PLACES["queues"], 9000)
    for place in (*PLACES.values(), *beside):
        assert place == PLACES["door"] or not any(cluster.lets(place, gateway, port) for port in gateway.ports)
        assert not any(cluster.lets(place, activator, port) for port in activator.ports)
        assert not any(cluster.lets(place, requests, port) for port in (8012, 8112, 9090))
    assert not any(cluster.lets(gateway, requests, port) for port in (8012, 8112, 9090))


@pytest.mark.requirement("K8S-002", "SEC-NET-001")
def test_behind_knative_the_client_is_who_the_door_saw() -> None:
    """The door writes the address; the activator, always on the way, and the pod's proxy each add whom they see."""
    told = manifests.named("knative", "ConfigMap", "resimate-config")["data"]
    for one in manifests.of_kind("knative", "Service", group="serving.knative.dev"):
        annotations = one["spec"]["template"]["metadata"]["annotations"]
        assert annotations["autoscaling.knative.dev/target-burst-capacity"] == "-1"
    said = ["203.0.113.7", "10.244.3.4", "10.244.9.9"]  # the door's, the gateway's, the activator's

    assert int(told["TRUSTED_PROXIES"]) == len(said)
    with override_settings(TRUSTED_PROXIES=int(told["TRUSTED_PROXIES"])):
        request = RequestFactory().get("/", headers={"x-forwarded-for": ", ".join(said)}, REMOTE_ADDR="127.0.0.1")
        assert client_address(request) == "203.0.113.7"
