"""What operates reaches what it works with, and no more: issuers, key services, nodes, the servers of one's own."""

from ipaddress import ip_network

import pytest

from resimate.tests.kubernetes import manifests
from resimate.tests.kubernetes.manifests import OVERLAYS
from resimate.tests.kubernetes.test_network import DMZ, MANAGEMENT, OURS, PLACES, Cluster, Place

pytestmark = pytest.mark.requirement("NET-001", "SEC-NET-001")
INTERNET, INSIDE = PLACES["internet"], Place("10.77.0.53")


def _pod(name: str, namespace: str = MANAGEMENT, **labels: str) -> Place:
    return Place("10.244.0.9", namespace, labels | {"app.kubernetes.io/name": name})


def _in_network_of(overlay: str, policy: str, namespace: str = MANAGEMENT) -> Place:
    """The first address in the network that the site names."""
    rule = manifests.named(overlay, "NetworkPolicy", policy, namespace)["spec"]["egress"][0]
    return Place(str(ip_network(rule["to"][0]["ipBlock"]["cidr"])[1]))


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_who_has_certificates_issued_asks_the_issuer_and_the_zone(overlay: str) -> None:
    cluster = Cluster.of(overlay)

    assert cluster.lets(_pod("cert-manager"), INTERNET, 443)
    assert not cluster.lets(_pod("cert-manager"), INSIDE, 443)
    for place in (INTERNET, INSIDE):
        assert all(cluster.lets(_pod("cert-manager"), place, 53, protocol) for protocol in ("TCP", "UDP"))
        assert not cluster.lets(_pod("external-secrets"), place, 53, "UDP")
    assert not cluster.lets(_pod("external-secrets"), INTERNET, 443)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_members_of_the_vault_reach_each_other_and_the_key_that_opens_it(overlay: str) -> None:
    cluster, vault = Cluster.of(overlay), _pod("vault")

    assert all(cluster.lets(vault, vault, port) for port in (8200, 8201))
    assert cluster.lets(vault, INTERNET, 443)
    assert not cluster.lets(_pod("keda-operator"), vault, 8201)
    assert not cluster.lets(PLACES["requests"], vault, 8201)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_pods_with_a_role_get_it_from_the_agent_on_the_node(overlay: str) -> None:
    cluster, agent = Cluster.of(overlay), Place("169.254.170.23")

    for name in ("vault", "cert-manager", "external-dns"):
        assert cluster.lets(_pod(name), agent, 80)
    for name in ("vault", "cert-manager"):
        assert not cluster.lets(_pod(name), PLACES["instance metadata"], 80)
    assert not cluster.lets(_pod("prometheus"), agent, 80)
    assert not cluster.lets(PLACES["requests"], agent, 80)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_scales_is_asked_by_its_own_metrics_alone(overlay: str) -> None:
    cluster, operator = Cluster.of(overlay), _pod("keda-operator")

    assert cluster.lets(_pod("keda-operator-metrics-apiserver"), operator, 9666)
    assert not cluster.lets(_pod("prometheus"), operator, 9666)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_prometheus_asks_the_nodes_and_the_state_of_objects(overlay: str) -> None:
    cluster, prometheus = Cluster.of(overlay), _pod("prometheus")
    node = _in_network_of(overlay, "prometheus-of-the-cluster")

    assert all(cluster.lets(prometheus, node, port) for port in (9100, 10250))
    assert not any(cluster.lets(prometheus, node, port) for port in (22, 2379))
    assert not cluster.lets(_pod("grafana"), node, 10250)
    assert cluster.lets(prometheus, _pod("kube-state-metrics"), 8080)
    assert not cluster.lets(_pod("grafana"), _pod("kube-state-metrics"), 8080)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_operator_of_prometheus_is_asked_by_the_api_server(overlay: str) -> None:
    rule = manifests.named(overlay, "NetworkPolicy", "from-api-server", MANAGEMENT)["spec"]["ingress"][0]
    server = Place(str(ip_network(rule["from"][0]["ipBlock"]["cidr"])[1]))

    assert Cluster.of(overlay).lets(server, _pod("kube-prometheus-stack-prometheus-operator"), 10250)
    assert not Cluster.of(overlay).lets(INTERNET, _pod("kube-prometheus-stack-prometheus-operator"), 10250)


@pytest.mark.parametrize("overlay", ["onprem", "testing"])
def test_servers_of_ones_own_are_reached_where_the_site_says_and_by_whom_they_serve(overlay: str) -> None:
    cluster = Cluster.of(overlay)
    objects = _in_network_of(overlay, "application-to-own-objects", OURS)
    mail = _in_network_of(overlay, "workers-to-own-mail", OURS)
    guards = _in_network_of(overlay, "application-to-own-guards", OURS)

    for who in ("requests", "queues", "migration"):
        serves = who != "migration"
        assert cluster.lets(PLACES[who], objects, 443) == serves
        assert [cluster.lets(PLACES[who], guards, port) for port in (3310, 8200)] == [serves] * 2
        assert [cluster.lets(PLACES[who], mail, port) for port in (25, 465, 587)] == [who == "queues"] * 3
        assert not any(cluster.lets(PLACES[who], INSIDE, port) for port in (25, 443, 587, 3310, 8200))
    assert not cluster.lets(PLACES["requests"], Place("198.51.100.40"), 587)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_names_are_learned_from_the_cache_on_the_node_as_well(overlay: str) -> None:
    cluster = Cluster.of(overlay)
    caches = [Place("169.254.20.10"), Place("10.0.0.5", "kube-system", {"k8s-app": "node-local-dns"})]
    cluster.namespaces.setdefault("kube-system", {"kubernetes.io/metadata.name": "kube-system"})

    for namespace in (OURS, DMZ, MANAGEMENT):
        for cache in caches:
            assert cluster.lets(_pod("anybody", namespace), cache, 53, "UDP")
            assert not cluster.lets(_pod("anybody", namespace), cache, 8080)
    assert not cluster.lets(PLACES["requests"], PLACES["instance metadata"], 53, "UDP")
