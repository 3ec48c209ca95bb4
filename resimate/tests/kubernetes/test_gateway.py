"""The Gateway API in place of the Ingress sends every address to the same role, and lets in nobody else."""

from collections.abc import Iterator

import pytest
import yaml

from resimate.tests.kubernetes import manifests
from resimate.tests.kubernetes.manifests import RENDERED, Document

pytestmark = pytest.mark.requirement("NET-001", "AR-002")
#: A place without a database or a mesh; its door is the Gateway.
EXAMPLE = RENDERED / "examples/gateway-api.yaml"
#: Beside what is written there, ways that nobody wrote.
ADDRESSES = [
    *(
        "/",
        "/api/v1",
        "/api/v1/",
        "/api/v1/models",
        "/api/v1/models/7/versions/",
        "/api/v1/modelsx/",
        "/api/v1/users/me/",
    ),
    *("/api/v1/campaigns", "/api/v1/campaigns/1/open/", "/api/v1/messages/", "/api/v2/models/", "/sign-in/factor/"),
    *(
        "/sign-ins/",
        "/account",
        "/accounts/",
        "/oauth/token/",
        "/.well-known/jwks.json",
        "/.well-knownx",
        "/static/a.css",
    ),
    *("/models/new/", "/register/", "/registers", "/health/ready", "/scim/v2/Users", "/u/token/"),
]


def _example() -> list[Document]:
    return [one for one in yaml.safe_load_all(EXAMPLE.read_text()) if one]


def _named(kind: str, name: str = "resimate") -> Document:
    (found,) = [one for one in _example() if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    return found


def _of_the_ingress() -> Iterator[tuple[str, str, str, int | str]]:
    for rule in manifests.named("production", "Ingress", "resimate")["spec"]["rules"]:
        for path in rule["http"]["paths"]:
            assert path["pathType"] == "Prefix"
            service = path["backend"]["service"]
            yield rule["host"], path["path"], service["name"], service["port"]["name"]


def _of_the_routes() -> Iterator[tuple[str, str, str, int | str]]:
    spec = _named("HTTPRoute")["spec"]
    for host in spec["hostnames"]:
        for rule in spec["rules"]:
            (backend,) = rule["backendRefs"]
            for match in rule["matches"]:
                assert set(match) == {"path"}
                assert match["path"]["type"] == "PathPrefix"
                yield host, match["path"]["value"], backend["name"], _port(backend["name"], backend["port"])


def _port(service: str, number: int) -> str:
    """By its name: an Ingress has that, a route the number."""
    ports = manifests.named("production", "Service", service)["spec"]["ports"]
    return str({port["port"]: port["name"] for port in ports}[number])


def _role(address: str, ways: set[tuple[str, str, str, int | str]]) -> str:
    """Both go by whole steps of an address, and the longest counts."""
    fit = [(len(path), service) for _, path, service, _ in ways if f"{address}/".startswith(f"{path.rstrip('/')}/")]
    return max(fit)[1]


def test_every_address_goes_to_the_same_role() -> None:
    by_ingress, by_gateway = set(_of_the_ingress()), set(_of_the_routes())

    assert by_gateway == by_ingress
    assert len(by_gateway) > 40
    assert len({_role(address, by_gateway) for address in ADDRESSES}) == len(manifests.WEB)
    assert [one for one in ADDRESSES if _role(one, by_gateway) != _role(one, by_ingress)] == []
    # What the API takes of a route.
    rules = _named("HTTPRoute")["spec"]["rules"]
    assert len(rules) <= 16
    assert all(len(rule["matches"]) <= 64 for rule in rules)


def test_without_tls_there_is_only_the_way_to_it() -> None:
    listeners = {one["name"]: one for one in _named("Gateway")["spec"]["listeners"]}
    plain = _named("HTTPRoute", "resimate-to-tls")["spec"]
    redirect = {"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301}}

    assert {(one["protocol"], one["port"]) for one in listeners.values()} == {("HTTP", 80), ("HTTPS", 443)}
    assert [parent["sectionName"] for parent in plain["parentRefs"]] == ["http"]
    assert plain["rules"] == [{"filters": [redirect]}]
    secure = {parent["sectionName"] for parent in _named("HTTPRoute")["spec"]["parentRefs"]}
    assert secure == {name for name, one in listeners.items() if one["protocol"] == "HTTPS"}
    assert {listeners[name]["hostname"] for name in secure} == set(_named("HTTPRoute")["spec"]["hostnames"])


def test_tls_ends_at_the_door_by_our_certificate_and_is_1_3() -> None:
    """Which version is nothing that the API has a word for; the controller has."""
    gateway, policy = _named("Gateway"), _named("ClientTrafficPolicy")
    (grant,) = [one["spec"] for one in _example() if one["kind"] == "ReferenceGrant"]
    (secret,) = {one["spec"]["secretName"] for one in manifests.of_kind("production", "Certificate")}

    for listener in gateway["spec"]["listeners"]:
        if listener["protocol"] == "HTTPS":
            assert listener["tls"]["mode"] == "Terminate"
            assert listener["tls"]["certificateRefs"] == [{"kind": "Secret", "name": secret, "namespace": "resimate"}]
    assert grant["to"] == [{"group": "", "kind": "Secret", "name": secret}]
    assert [one["namespace"] for one in grant["from"]] == [gateway["metadata"]["namespace"]]
    assert policy["spec"]["tls"] == {"minVersion": "1.3", "maxVersion": "1.3"}
    assert [one["name"] for one in policy["spec"]["targetRefs"]] == [gateway["metadata"]["name"]]


def test_only_the_application_has_routes_there_and_only_what_answers_is_reached() -> None:
    gateway = _named("Gateway")
    segments = {
        one["metadata"]["name"]: {"kubernetes.io/metadata.name": one["metadata"]["name"]}
        for one in manifests.of_kind("production", "Namespace")
    }

    for listener in gateway["spec"]["listeners"]:
        chosen = listener["allowedRoutes"]["namespaces"]["selector"]
        assert [name for name, labels in segments.items() if manifests.chosen(chosen, labels)] == ["resimate"]
    door, inside = _named("NetworkPolicy", "gateway")["spec"], _named("NetworkPolicy", "gateway-to-application")["spec"]
    pods = door["podSelector"]["matchLabels"]
    assert pods == {"gateway.envoyproxy.io/owning-gateway-name": gateway["metadata"]["name"]}
    assert inside["ingress"][0]["from"][0]["podSelector"]["matchLabels"] == pods
    assert inside["podSelector"] == door["egress"][0]["to"][0]["podSelector"]
    assert door["egress"][0]["ports"] == inside["ingress"][0]["ports"] == [{"protocol": "TCP", "port": 8000}]
