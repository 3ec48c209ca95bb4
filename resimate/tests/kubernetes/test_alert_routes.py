"""Every alert that we ship goes to the people that ALERT-001 has for its severity, in time: Alertmanager says so."""

import json
import re
import shutil
import signal
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from resimate.tests.kubernetes import rules
from resimate.tests.kubernetes.manifests import ROOT, Document
from resimate_net import NotOutside, Unanswered, send, target_of
from resimate_net.tests.other_side import NEAR, other_side, saying
from resimate_servers import ports, processes
from resimate_servers.tests.toxiproxy import needed

pytestmark = pytest.mark.requirement("ALERT-001")
SHIPPED = ROOT / "k8s/components/monitoring/alertmanager.yml"
PEERS = ROOT / "build/peers"
#: Where the severities go: at once, and where nobody has mended it after a while.
ARRIVES = {
    "critical": ["critical"],
    "high": ["high-unheeded", "high"],
    "medium": ["medium-unheeded", "medium"],
    "low": ["low"],
}
#: Seconds within which somebody knows, and after which it goes to those above.
WITHIN = {"critical": 5 * 60, "high": 15 * 60, "medium": 3600, "low": 24 * 3600}
UNHEEDED = {"high": 30 * 60, "medium": 4 * 3600}
CHANNELS = {
    "critical": {"pagerduty", "webhook", "slack"},
    "high": {"email", "slack"},
    "medium": {"email"},
    "low": {"email"},
}
RANKS = ["low", "medium", "high", "critical"]
UNITS = {"s": 1, "m": 60, "h": 3600}
#: What a duration is, for the live chain: there nobody waits.
SOON = "1s"


@cache
def _shipped() -> Document:
    told: Document = yaml.safe_load(SHIPPED.read_text())
    return told


def _seconds(text: str) -> int:
    return int(text[:-1]) * UNITS[text[-1]]


def _routes(receiver: str) -> list[Document]:
    """With what they have from the route above them."""
    above = {key: value for key, value in _shipped()["route"].items() if key != "routes"}
    return [above | route for route in _shipped()["route"]["routes"] if (above | route)["receiver"] == receiver]


def _channels(receiver: str) -> set[str]:
    (found,) = [one for one in _shipped()["receivers"] if one["name"] == receiver]
    return {key.removesuffix("_configs") for key in found if key != "name"}


def test_each_severity_has_its_ways_to_people() -> None:
    assert {one: _channels(one) for one in CHANNELS} == CHANNELS
    assert _channels("high-unheeded") == CHANNELS["critical"]
    assert _channels("medium-unheeded") == CHANNELS["high"]


def test_somebody_knows_in_time_and_is_told_again() -> None:
    for severity, seconds in WITHIN.items():
        (route,) = _routes(severity)
        # One that joins others which have been told waits for the interval.
        assert _seconds(route["group_wait"]) <= seconds
        assert _seconds(route["group_interval"]) <= seconds
    (low,) = _routes("low")
    assert low["repeat_interval"] == f"{7 * 24}h"
    assert low["group_by"] == ["severity"]


def test_what_nobody_mends_goes_to_those_above() -> None:
    for severity, seconds in UNHEEDED.items():
        (route,) = _routes(f"{severity}-unheeded")
        assert _seconds(route["group_wait"]) == seconds
        assert route["continue"] is True


def test_what_is_not_told_besides_follows_from_something_as_grave() -> None:
    """Names are those of alerts that there are, and labels those that both have."""
    alerts = rules.alerts()
    for rule in _shipped()["inhibit_rules"]:
        (source,), (targets,) = (
            re.findall(r'^alertname=~?"([\w|]+)"$', rule[f"{which}_matchers"][0]) for which in ("source", "target")
        )
        for target in targets.split("|"):
            ranks = [RANKS.index(alerts[name].labels["severity"]) for name in (source, target)]
            assert ranks[0] >= ranks[1], (source, target)
            assert source != target
        for label in rule.get("equal", ()):
            assert all(
                f"$labels.{label}" in alerts[name].annotations["summary"] for name in (source, *targets.split("|"))
            )


def test_what_is_secret_is_in_files() -> None:
    text = SHIPPED.read_text()

    assert not re.search(
        r"^\s*(smtp_auth_password|slack_api_url|routing_key|service_key|credentials|password): ", text, re.M
    )
    files = set(re.findall(r"/etc/alertmanager/secrets/receivers/([\w-]+)", text))
    assert files == {"mail-password", "slack-url", "pagerduty-key", "sms-token"}
    told = (ROOT / "k8s/README.md").read_text()
    assert [name for name in files if f"`{name}`" not in told] == []


@pytest.fixture
def amtool() -> Path:
    installed = shutil.which("amtool")
    return Path(installed) if installed else needed(PEERS / "alertmanager/usr/bin/amtool", "amtool")


def _arrives(amtool: Path, file: Path, **labels: str) -> list[str]:
    words = [f"{name}={value}" for name, value in labels.items()]
    command: list[str | Path] = [amtool, "config", "routes", "test", f"--config.file={file}", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().split(",")


@pytest.mark.thorough
def test_alertmanager_reads_it(amtool: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yml"
    broken.write_text(SHIPPED.read_text().replace("receiver: low", "receiver: nobody"))

    for path, status in ((SHIPPED, 0), (broken, 1)):
        assert subprocess.run([amtool, "check-config", path], capture_output=True, check=False).returncode == status


@pytest.mark.thorough
def test_every_alert_arrives_where_its_severity_has_it(amtool: Path) -> None:
    alerts = rules.alerts()
    assert len(alerts) > 30

    arrived = {
        name: _arrives(amtool, SHIPPED, alertname=name, role="portal", **rule.labels) for name, rule in alerts.items()
    }

    assert arrived == {name: ARRIVES[rule.labels["severity"]] for name, rule in alerts.items()}
    assert _arrives(amtool, SHIPPED, alertname="OfSomebodyElse") == ["high"]


def _hurried(port: int, folder: Path) -> tuple[Path, Path]:
    """What is shipped, but nobody waits, every receiver is an address here of its name, and each severity is told."""
    told = yaml.safe_load(SHIPPED.read_text())
    for route in (told["route"], *told["route"]["routes"]):
        route |= {key: SOON for key in ("group_wait", "group_interval") if key in route}
    told["receivers"] = [
        {"name": one["name"], "webhook_configs": [{"url": f"http://127.0.0.1:{port}/{one['name']}"}]}
        for one in told["receivers"]
    ]
    told["global"] = {"resolve_timeout": "5m"}
    asked = yaml.safe_load(rules.PLAIN.read_text())
    for group in asked["groups"]:
        group["interval"] = SOON
        for rule in group["rules"]:
            rule.pop("for", None)
    page = {"runbook_url": "https://docs.resimate.example/runbooks/Told.md"}
    every = [
        {"alert": "Told", "expr": "vector(1)", "labels": {"severity": one}, "annotations": page} for one in ARRIVES
    ]
    asked["groups"].append({"name": "of-the-test", "interval": SOON, "rules": every})
    for name, content in (("alertmanager.yml", told), ("rules.yml", asked)):
        (folder / name).write_text(yaml.safe_dump(content))
    return folder / "alertmanager.yml", folder / "rules.yml"


def _alertmanager(file: Path, port: int) -> list[str | Path]:
    """Debian's has templates in a folder of the system: where it is only unpacked, that is put there for it alone."""
    installed = shutil.which("prometheus-alertmanager")
    unpacked = PEERS / "alertmanager"
    program = Path(installed) if installed else needed(unpacked / "usr/bin/prometheus-alertmanager", "Alertmanager")
    options = [f"--config.file={file}", f"--storage.path={file.parent / 'alertmanager'}", "--cluster.listen-address="]
    command: list[str | Path] = [program, *options, f"--web.listen-address=127.0.0.1:{port}", "--data.retention=240h"]
    if installed:
        return command
    mount = f'mount --bind "{unpacked}/usr/share" /usr/share && exec "$0" "$@"'
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode:
        pytest.skip("Alertmanager is only unpacked, and namespaces of mounts are not to be had")
    return ["unshare", "-rm", "sh", "-c", mount, *command]


def _prometheus(rules_file: Path, alertmanager: int, port: int) -> list[str | Path]:
    installed = shutil.which("prometheus")
    program = Path(installed) if installed else needed(PEERS / "prometheus/usr/bin/prometheus", "Prometheus")
    folder = rules_file.parent
    told = {
        "global": {"evaluation_interval": SOON},
        "rule_files": [str(rules_file)],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager}"]}]}]},
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(told))
    return [
        program,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'prometheus'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]


def _answers(port: int, path: str) -> bool:
    try:
        return send(target_of(f"http://127.0.0.1:{port}{path}", NEAR), rules=NEAR).status == 200
    except (NotOutside, Unanswered):
        return False


def _told(heads: list[bytes]) -> list[tuple[str, dict[str, Any]]]:
    """By whom each alert was received."""
    found = []
    for head in heads:
        line, _, rest = head.partition(b"\r\n")
        body = rest.partition(b"\r\n\r\n")[2]
        if body:
            found += [(line.split()[1].decode().strip("/"), one) for one in json.loads(body)["alerts"]]
    return found


@pytest.mark.thorough
def test_what_is_not_there_is_told_to_people_by_the_real_chain(tmp_path: Path) -> None:
    """Prometheus finds nothing that answers, by the shipped rules; Alertmanager tells, by the shipped routes."""
    chosen = {name: ports.choose(name, {}) for name in ("alertmanager", "prometheus")}
    started = []
    with other_side(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")) as people:
        routes, asked = _hurried(people.port, tmp_path)
        commands = {
            "alertmanager": _alertmanager(routes, chosen["alertmanager"]),
            "prometheus": _prometheus(asked, chosen["alertmanager"], chosen["prometheus"]),
        }
        try:
            for name, command in commands.items():
                with (tmp_path / f"{name}.log").open("wb") as log:
                    started.append(processes.spawn(command, output=log, cwd=tmp_path))
                assert processes.wait_until(lambda name=name: _answers(chosen[name], "/-/ready"), 60), (  # type: ignore[misc]  # a name bound now
                    tmp_path / f"{name}.log"
                ).read_text()
            wanted = {("critical", "RoleAway"), *((who, "Told") for every in ARRIVES.values() for who in every)}
            arrived = processes.wait_until(
                lambda: wanted <= {(who, one["labels"]["alertname"]) for who, one in _told(people.heads)}, 90, pause=0.5
            )
        finally:
            for child in reversed(started):
                processes.stop(child, signal.SIGTERM, 20)

    said = _told(people.heads)
    assert arrived, {(who, one["labels"]["alertname"]) for who, one in said}
    for who, one in said:
        assert who in ARRIVES[one["labels"]["severity"]], one["labels"]
        assert one["annotations"]["runbook_url"].endswith(f"/runbooks/{one['labels']['alertname']}.md")
    roles = {one["labels"]["role"] for who, one in said if one["labels"]["alertname"] == "RoleAway"}
    assert "portal" in roles
