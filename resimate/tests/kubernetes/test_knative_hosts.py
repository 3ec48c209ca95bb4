"""In front of Knative the door writes another host, and says which was asked for: tenants are told apart by that."""

from types import SimpleNamespace
from typing import Any

import pytest

from resimate import env
from resimate.front.door import unfit
from resimate.front.exchange import environ_of, host_of
from resimate.tests.kubernetes import manifests
from resimate.tests.kubernetes.manifests import OVERLAYS, WEB

pytestmark = pytest.mark.requirement("K8S-002", "NET-001")
INSIDE = "resimate-portal.resimate.svc.cluster.local"
VHOST = "nginx.ingress.kubernetes.io/upstream-vhost"
Way = tuple[str, str, str]


class Headers:
    """As granian gives them: one after the other, or one by its name."""

    def __init__(self, *pairs: tuple[str, str]) -> None:
        self._pairs = pairs

    def items(self) -> tuple[tuple[str, str], ...]:
        return self._pairs

    def keys(self) -> list[str]:
        return list(dict(self._pairs))

    def get(self, name: str) -> str | None:
        return dict(self._pairs).get(name)


def _asked(*pairs: tuple[str, str], authority: str = "") -> Any:
    return SimpleNamespace(
        headers=Headers(*pairs), authority=authority, server="127.0.0.1:8000", client="10.0.0.9:4000", method="GET",
        path="/", query_string="", http_version="1.1", scheme="http",
    )  # fmt: skip


def _ways(overlay: str) -> set[Way]:
    return {
        (rule["host"].replace(f"{overlay}.", ""), path["path"], path["backend"]["service"]["name"])
        for one in manifests.of_kind(overlay, "Ingress")
        for rule in one["spec"]["rules"]
        for path in rule["http"]["paths"]
    }


def test_each_role_has_an_ingress_that_writes_its_host_inside() -> None:
    told = {one["metadata"]["name"]: one for one in manifests.of_kind("knative", "Ingress")}
    services = {one["metadata"]["name"] for one in manifests.of_kind("knative", "Service", group="serving.knative.dev")}

    assert set(told) == services == {f"resimate-{role}" for role in WEB}
    for name, one in told.items():
        assert one["metadata"]["annotations"][VHOST] == f"{name}.resimate.svc.cluster.local"
        backends = [path["backend"]["service"] for rule in one["spec"]["rules"] for path in rule["http"]["paths"]]
        assert all(backend == {"name": name, "port": {"number": 80}} for backend in backends)
    assert _ways("knative") == _ways("aws")


@pytest.mark.parametrize("overlay", [one for one in OVERLAYS if one != "dev"])
def test_only_there_the_proxy_is_believed_and_it_believes_no_client(overlay: str) -> None:
    data = manifests.named(overlay, "ConfigMap", "resimate-config")["data"]
    door = manifests.named(overlay, "ConfigMap", "ingress-nginx-controller", "resimate-dmz")["data"]

    assert data.get("TRUST_FORWARDED_HOST") == ("yes" if overlay == "knative" else None)
    assert int(data["TRUSTED_PROXIES"]) > 0
    assert door["use-forwarded-headers"] == "false"
    assert [one for one in manifests.of_kind(overlay, "Ingress") if (VHOST in str(one)) != (overlay == "knative")] == []


@pytest.mark.parametrize(
    ("is_believed", "pairs", "host"),
    [
        (True, [("host", INSIDE), ("x-forwarded-host", "acme.example")], "acme.example"),
        (False, [("host", INSIDE), ("x-forwarded-host", "acme.example")], INSIDE),
        (True, [("host", "acme.example")], "acme.example"),  # a probe
        (True, [], ""),
    ],
)
def test_the_host_is_what_was_asked_for_where_the_proxy_is_believed(
    settings: Any, is_believed: bool, pairs: list[tuple[str, str]], host: str
) -> None:
    settings.TRUST_FORWARDED_HOST = is_believed

    assert host_of(_asked(*pairs)) == host
    assert environ_of(_asked(*pairs)).get("HTTP_HOST", "") == host


def test_without_it_a_target_in_absolute_form_goes_before_the_header(settings: Any) -> None:
    settings.TRUST_FORWARDED_HOST = False

    assert host_of(_asked(("host", "one.example"), authority="other.example")) == "other.example"


def test_who_names_two_hosts_is_refused() -> None:
    assert unfit(_asked(("host", "a"), ("x-forwarded-host", "b"))) == 0
    assert unfit(_asked(("host", "a"), ("x-forwarded-host", "b"), ("x-forwarded-host", "c"))) == 400
    assert unfit(_asked(("host", "a"), ("host", "c"))) == 400


def test_it_is_declared_with_what_it_asks_of_the_proxy() -> None:
    assert "always writes X-Forwarded-Host anew" in env.DECLARED["TRUST_FORWARDED_HOST"].about
