"""Suricata reads our rules and traffic that was made up: each rule tells what it is for, and nothing else is told."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from resimate.tests.kubernetes.manifests import ROOT
from resimate.tests.kubernetes.packets import ask_for, hello, knock, talk, write
from resimate_servers.tests.toxiproxy import needed

pytestmark = [pytest.mark.thorough, pytest.mark.requirement("SEC-NET-002")]
FOLDER = ROOT / "k8s/components/detection"
PEER = ROOT / "build/peers/suricata"
DOOR, APPLICATION, DATABASE, NAMES = "10.1.0.9", "10.2.0.9", "10.3.0.9", "10.4.0.10"
SOMEBODY = "203.0.113.9"
ASKED = b"%s HTTP/1.1\r\nHost: acme.resimate.example\r\n\r\n"
MOVED = b"HTTP/1.1 308 Permanent Redirect\r\nLocation: https://acme.resimate.example/\r\nContent-Length: 0\r\n\r\n"
TRAFFIC: dict[str, list[bytes]] = {
    "1000001": knock((DOOR, 40000), (SOMEBODY, 443)),
    "1000002": knock((DOOR, 40000), (DATABASE, 5432)),
    "1000003": ask_for("a" * 60 + "." + "b" * 50 + ".example.org", DOOR, NAMES),
    "1000004": [packet for port in range(2000, 2301) for packet in knock((SOMEBODY, port), (DOOR, 8443))],
    "1000005": talk((SOMEBODY, 40000), (DOOR, 8443), b"SSH-2.0-OpenSSH_9.2\r\n", b"SSH-2.0-OpenSSH_9.2\r\n"),
    "1000006": talk((SOMEBODY, 40000), (DOOR, 8080), ASKED % b"POST /sign-in/", MOVED),
    "1000007": talk((SOMEBODY, 40000), (DOOR, 8080), ASKED % b"GET /static/../../etc/passwd", MOVED),
    "1000008": [packet for port in range(1, 22) for packet in knock((SOMEBODY, 40000), (DOOR, port))],
}
USUAL = [
    *talk((SOMEBODY, 40001), (DOOR, 8080), ASKED % b"GET /", MOVED),
    *talk((SOMEBODY, 40002), (DOOR, 8443), hello("acme.resimate.example")),
    *talk((DOOR, 40003), (APPLICATION, 8000), hello("resimate-portal")),
    *ask_for("resimate-portal.resimate.svc.cluster.local", DOOR, NAMES),
    *(packet for port in range(50000, 50100) for packet in knock((SOMEBODY, port), (DOOR, 8443))),
    *(packet for port in (22, 25, 3389) for packet in knock((SOMEBODY, 40004), (DOOR, port))),
]


@pytest.fixture(scope="module")
def suricata() -> list[str]:
    """The program, with what it is told of the place; of another release it comes with its own libraries."""
    told = ["--set", f"vars.address-groups.DMZ_NET=[{DOOR}/32]", "--set", "vars.address-groups.HOME_NET=[10.0.0.0/8]"]
    told += ["--set", f"classification-file={FOLDER / 'classification.config'}", "-k", "none", "--runmode", "single"]
    if installed := shutil.which("suricata"):
        return [installed, *told]
    needed(PEER / "usr/bin/suricata", "suricata")
    loader = next(PEER.glob("usr/lib/*-linux-gnu*/ld-linux*.so*"))
    told += ["-c", str(PEER / "etc/suricata/suricata.yaml")]
    told += ["--set", f"reference-config-file={PEER / 'etc/suricata/reference.config'}"]
    return [str(loader), "--library-path", str(loader.parent), str(PEER / "usr/bin/suricata"), *told]


def _run(suricata: list[str], rules: Path, folder: Path, *asked: str) -> subprocess.CompletedProcess[str]:
    program = [*suricata, "-S", str(rules), "-l", str(folder), *asked]
    return subprocess.run(program, capture_output=True, text=True, check=False)


def _told(suricata: list[str], folder: Path, packets: list[bytes]) -> Iterator[tuple[str, str, int]]:
    done = _run(suricata, FOLDER / "dmz.rules", folder, "-r", str(write(folder / "traffic.pcap", packets)))
    assert done.returncode == 0, done.stdout + done.stderr
    for line in (folder / "eve.json").read_text().splitlines():
        if "alert" in (event := json.loads(line)):
            alert = event["alert"]
            yield str(alert["signature_id"]), alert["metadata"]["severity"][0], alert["severity"]


def test_the_rules_are_such_that_suricata_reads(suricata: list[str], tmp_path: Path) -> None:
    broken = tmp_path / "broken.rules"
    broken.write_text((FOLDER / "dmz.rules").read_text().replace("flags:S,12", "flag:S"))

    assert _run(suricata, FOLDER / "dmz.rules", tmp_path, "-T").returncode == 0
    assert _run(suricata, broken, tmp_path, "-T").returncode != 0


@pytest.mark.parametrize("rule", sorted(TRAFFIC))
def test_a_rule_tells_what_it_is_for_and_how_severe_it_is(suricata: list[str], tmp_path: Path, rule: str) -> None:
    told = list(_told(suricata, tmp_path, TRAFFIC[rule]))

    assert {one[0] for one in told} == {rule}
    assert {one[1:] for one in told} <= {("critical", 1), ("high", 2), ("medium", 3), ("low", 4)}
    assert len(told) == 1


def test_what_clients_and_the_door_do_all_day_is_not_told(suricata: list[str], tmp_path: Path) -> None:
    assert list(_told(suricata, tmp_path, USUAL)) == []
    assert f"sid:{len(TRAFFIC) + 1_000_000}; " in (FOLDER / "dmz.rules").read_text()


@pytest.mark.requirement("ALERT-001")
def test_what_suricata_tells_is_counted_for_prometheus_by_its_severity(suricata: list[str], tmp_path: Path) -> None:
    """And from the first line on: a counter is there before anything is told."""
    installed = shutil.which("mtail")
    mtail = Path(installed) if installed else needed(ROOT / "build/peers/mtail/usr/bin/mtail", "mtail")
    empty = tmp_path / "empty.json"
    empty.write_text('{"event_type":"flow","metadata":{"severity":["high"]}}\n')
    told = list(_told(suricata, tmp_path, [packet for packets in TRAFFIC.values() for packet in packets]))
    assert len({severity for _, severity, _ in told}) > 2

    assert _counted(mtail, tmp_path / "eve.json") == {
        severity: sum(one == severity for _, one, _ in told) for severity in ("critical", "high", "medium", "low")
    }
    assert set(_counted(mtail, empty).values()) == {0}


def _counted(mtail: Path, log: Path) -> dict[str, int]:
    options = ["--one_shot", "--one_shot_format=prometheus", f"--logs={log}"]
    command: list[str | Path] = [mtail, f"--progs={FOLDER / 'suricata.mtail'}", *options]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=log.parent).stdout
    return {one: int(number) for one, number in re.findall(r"^suricata_(\w+)_alerts_total\{.*\} (\d+)$", said, re.M)}
