"""Alerts ask for what the product counts, are of four severities, and each leads to a page that says what to do."""

import re
import shlex

import pytest
import yaml
from django.core.management import CommandError, get_commands, load_command_class

from apps.core import parts, roles
from resimate.tests.kubernetes import manifests, rules
from resimate.tests.kubernetes.manifests import OVERLAYS, ROOT, WEB

RUNBOOKS = ROOT / "docs/runbooks"
SEVERITIES = {"critical", "high", "medium", "low"}
WATCHED = [one for one in OVERLAYS if one != "dev"]
CHAPTERS = ["What it means", "Look first", "Mend", "When to call"]
#: What ALERT-001 names, and which alert it is.
ASKED = {
    "ErrorsAboveOnePercent": "> 0.01",
    "AnswersAboveHalfASecond": "> 0.5",
    "ProcessorIsBusy": "> 0.8",
    "MemoryIsShort": "> 0.9",
    "DiskIsFull": "> 0.85",
    "SignInsFail": "> 10",
}


@pytest.mark.requirement("ALERT-001")
@pytest.mark.parametrize("overlay", WATCHED)
def test_every_alert_has_a_severity_a_sentence_and_a_page(overlay: str) -> None:
    said = manifests.named(overlay, "PrometheusRule", "resimate-alerts")["spec"]["groups"]
    alerts = [one for one in rules.of(overlay) if one.is_alert]

    assert {group["interval"] for group in said} == {"15s"}
    assert {one.labels["severity"] for one in alerts} == SEVERITIES
    for one in alerts:
        assert set(one.labels) == {"severity"}, one.name
        assert set(one.annotations) == {"summary", "runbook_url"}, one.name
        assert re.fullmatch(r"[A-Z][^\n]*[^.]\.", one.annotations["summary"]), one.name
        assert one.annotations["runbook_url"] == f"https://docs.resimate.example/runbooks/{one.name}.md"
    assert len({one.name for one in alerts}) == len(alerts) > 30


@pytest.mark.requirement("ALERT-001")
def test_what_the_specification_names_is_watched_with_its_figures() -> None:
    alerts = rules.alerts()

    assert [name for name, figure in ASKED.items() if figure not in alerts[name].expr] == []
    served = {value for _, label, _, value in alerts["RoleAway"].matchers if label == "role"}
    assert served == {f"{role}|{roles.ALL_OF_WEB}" for role in WEB}


@pytest.mark.requirement("ALERT-001", "MON-001")
def test_rules_ask_for_what_is_counted_by_labels_that_it_has() -> None:
    counted = rules.counted()
    every = rules.of("production")
    recorded = {one.name: set(one.name.split(":")[0].split("_")) for one in every if not one.is_alert}
    known = {name: labels | rules.GIVEN for name, labels in counted.items()} | recorded | rules.OF_OTHERS

    for one in every:
        assert one.series - set(known) == set(), one.name
        assert [match for match in one.matchers if match[1] not in known[match[0]]] == [], one.name
    assert len({name for one in every for name in one.series} & set(counted)) > 15


@pytest.mark.requirement("ALERT-001")
def test_values_of_labels_are_those_that_the_product_says() -> None:
    sources = "".join(path.read_text() for app in ("apps", "resimate") for path in (ROOT / app).rglob("*.py"))
    rules.counted()
    for one in rules.of("production"):
        for _, label, how, value in one.matchers:
            if label == "part":
                assert parts.PARTS[value].is_probed, one.name
            elif label == "role" and how == "=":
                assert value in roles.ALL, one.name
            elif label in ("outcome", "reason", "state") and "[" not in value:
                assert [word for word in value.split("|") if f'"{word}"' not in sources] == [], one.name


@pytest.mark.requirement("ALERT-001")
def test_every_part_that_is_probed_has_an_alert() -> None:
    rules.counted()
    probed = {part.name for part in parts.PARTS.values() if part.is_probed}
    watched = {value for one in rules.of("production") for _, label, _, value in one.matchers if label == "part"}

    assert watched == probed


@pytest.mark.requirement("DEV-002", "MON-001")
@pytest.mark.parametrize("overlay", ["production", "staging"])
def test_rollouts_ask_for_levels_that_are_recorded(overlay: str) -> None:
    (template,) = manifests.of_kind(overlay, "AnalysisTemplate")
    recorded = {one.name for one in rules.of(overlay) if not one.is_alert}
    queries = [one["provider"]["prometheus"]["query"] for one in template["spec"]["metrics"]]

    asked = {query.partition("{")[0] for query in queries}
    assert asked == {name for name in recorded if name.startswith("namespace_role_revision:")}


@pytest.mark.requirement("ALERT-001", "ENV-001")
def test_a_prometheus_without_the_operator_reads_the_same_rules() -> None:
    """But for where documents are read, which a place says of itself."""
    plain = yaml.safe_load(rules.PLAIN.read_text())
    sources = [ROOT / f"k8s/components/monitoring/{name}.yaml" for name in ("levels", "alerts")]

    assert plain == {"groups": [one for path in sources for one in yaml.safe_load(path.read_text())["spec"]["groups"]]}


@pytest.mark.requirement("ALERT-001", "ALERT-002", "DOC-002")
def test_alerts_and_pages_are_the_same() -> None:
    pages = {path.stem: path.read_text() for path in RUNBOOKS.glob("*.md") if path.stem != "README"}

    # What Falco and Suricata tell has one page (test_detection.py).
    assert set(pages) == {*rules.alerts(), "SomebodyGotIn"}
    for name, page in pages.items():
        assert page.startswith(f"# {name}\n"), name
        assert re.findall(r"^## (.*)$", page, re.M) == CHAPTERS, name
        assert [one for one in re.split(r"^## .*$", page, flags=re.M)[1:] if len(one.strip()) < 8] == [], name


@pytest.mark.requirement("ALERT-002", "DOC-002")
def test_queries_on_pages_ask_for_what_is_counted() -> None:
    counted = rules.counted()
    for path in RUNBOOKS.glob("*.md"):
        named = set(re.findall(r"\bresimate_[a-z_]+", path.read_text()))
        assert named - set(counted) == set(), path.name


def _commands() -> list[tuple[str, list[str]]]:
    found = []
    for path in sorted(RUNBOOKS.glob("*.md")):
        found += [(path.stem, shlex.split(said)) for said in re.findall(r"`manage\.py ([^`]+)`", path.read_text())]
    return found


@pytest.mark.requirement("ALERT-002", "DOC-002")
def test_every_command_on_a_page_is_one_that_there_is() -> None:
    """As it stands there: the parser of each command reads it, with all of its options."""
    commands = _commands()

    assert len({words[0] for _, words in commands}) > 6
    for page, (name, *words) in commands:
        parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
        try:
            parser.parse_args(words)
        except (SystemExit, CommandError) as error:
            pytest.fail(f"{page}: manage.py {name} {' '.join(words)}: {error}")
