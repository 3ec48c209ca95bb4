"""An anonymised copy has the numbers, the shapes and the links of what it was taken from, and nothing of its people."""

import base64
import io
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context
from psycopg import sql

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.campaigns import services as campaigns
from apps.campaigns.models import Campaign, Participation, Stakeholder
from apps.campaigns.services import Contact
from apps.campaigns.tests.story import make_version
from apps.core.fields import new_id, random_id
from apps.keys.models import SubjectKey
from apps.models.models import Assessment, Response
from apps.models.services import (
    create_subject,
)
from resimate.copies import rules, taking
from resimate.copies.disguise import Disguise
from resimate.tests.copied import STAY, WORDS, everything_personal, live
from resimate.tests.database import ROOT, SERVERS, drop_database, make_database, url_of, worker_number

pytestmark = [pytest.mark.django_db(databases=["default", "owner"]), pytest.mark.requirement("ENV-001", "COMP-001")]
NOTHING = '{"of": "campaigns.Participation", "row": {}}\n'
READ = """
import json, sys
import django; django.setup()
from django.apps import apps
from django_tenants.utils import tenant_context
from apps.tenants.models import Tenant
from resimate.copies import rules
for tenant in Tenant.objects.order_by("slug"):
    with tenant_context(tenant):
        for model in apps.get_models():
            if model._meta.label in {*rules.TAKEN, *sys.argv[1:]} and not model._meta.proxy:
                for row in model._base_manager.all():
                    values = {one.attname: getattr(row, one.attname) for one in model._meta.concrete_fields}
                    print(json.dumps([tenant.slug, model._meta.label, values], default=str, ensure_ascii=False))
"""


@pytest.fixture
def lived(acme: Any, beta: Any, now: datetime) -> list[Any]:
    live(acme, now)
    with tenant_context(beta):
        live(beta, now)
    return [acme, beta]


def _take(tmp_path: Path, *more: str, name: str = "copy") -> Path:
    file = tmp_path / name
    call_command("copies", "take", "--to", str(file), *more, stdout=io.StringIO())
    return file


@pytest.fixture
def empty() -> Iterator[dict[str, str]]:
    """The environment of an installation without tenants, with keys of its own."""
    name = f"test_copies_{worker_number()}"
    make_database(name)
    with psycopg.connect(url_of(SERVERS.superuser_url, name), autocommit=True) as connection:
        for schema in ("acme", "beta"):
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))
        connection.execute("DELETE FROM tenants_domain")
        connection.execute("DELETE FROM tenants_tenant")
    urls = {"DATABASE_URL": url_of(SERVERS.app_url, name), "DATABASE_OWNER_URL": url_of(SERVERS.owner_url, name)}
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    yield {**os.environ, **urls, "ENCRYPTION_KEY": key}
    drop_database(name)


def _fill(environment: dict[str, str], file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "copies", "fill", str(file), "--json"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def _everything(environment: dict[str, str]) -> str:
    """Each row of each table of the whole database, as PostgreSQL writes it."""
    url = url_of(SERVERS.superuser_url, environment["DATABASE_URL"].rpartition("/")[2])
    tables = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    with psycopg.connect(url) as connection:
        found = []
        for place in connection.execute(tables).fetchall():
            rows = connection.execute(sql.SQL("SELECT one::text FROM {} AS one").format(sql.Identifier(*place)))
            found += [row for (row,) in rows]
    return "\n".join(found)


def _read(environment: dict[str, str]) -> list[list[Any]]:
    """Each row of the tenants as the product reads it, decrypted."""
    done = subprocess.run(
        [sys.executable, "-c", READ, *STAY], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_copy_has_the_scores_and_links_and_nothing_of_people(
    lived: list[Any], tmp_path: Path, empty: dict[str, str], now: datetime
) -> None:
    file = _take(tmp_path)

    filled = _fill(empty, file)

    assert filled.returncode == 0, filled.stderr
    told = json.loads(filled.stdout)
    assert (len(told["administrators"]), told["equal"], told["changed"]) == (2, 10, [])
    read = _read(empty)
    texts = file.read_text(), _everything(empty), json.dumps(read, ensure_ascii=False)
    assert [
        (secret, number) for secret in everything_personal() for number, text in enumerate(texts) if secret in text
    ] == []
    assert now.isoformat()[:19] not in texts[0]  # nor is anything when it was
    for model in (Stakeholder, Participation, Response, Assessment, Campaign, User):
        counted = sum(1 for _, label, _ in read if label == model._meta.label)
        assert counted == 2 * model._base_manager.count(), model
    assert {label for _, label, _ in read} & {*STAY} == set()
    people = {values["id"] for _, label, values in read if label == "campaigns.Stakeholder"}
    taking_part = [values["stakeholder_id"] for _, label, values in read if label == "campaigns.Participation"]
    assert set(taking_part) == people


def _rows(file: Path, label: str) -> list[dict[str, Any]]:
    return [line["row"] for line in map(json.loads, file.open()) if line.get("of") == label]


@pytest.mark.requirement("SEC-DATA-001")
def test_nothing_leads_from_a_role_to_what_somebody_has_answered(lived: list[Any], tmp_path: Path) -> None:
    """Neither by who takes part, nor by one address, nor by when: ADR 18 leaves that to the database alone."""
    Stakeholder.objects.filter(pk__in=Stakeholder.objects.values("pk")[:1]).update(user=User.objects.first())
    salt = tmp_path / "salt"
    salt.write_bytes(secrets.token_bytes(32))

    file = _take(tmp_path, "acme", "--salt-file", str(salt))

    known = Disguise(salt.read_bytes(), "acme")
    given = {one["id"]: one["response_id"] for one in _rows(file, "campaigns.Participation")}
    had = {str(known.uuid(one.pk)): str(known.uuid(one.response.pk)) for one in Participation.objects.all()}  # type: ignore[union-attr]  # all have answered
    assert sorted(given.values()) == sorted(had.values())
    assert sum(given[one] == response for one, response in had.items()) < len(had) / 2
    assert all("user_id" not in one for one in _rows(file, "campaigns.Stakeholder"))
    of = [_rows(file, label) for label in ("accounts.User", "campaigns.Stakeholder", "elicitation.Expert")]
    for what in ("email", "name"):
        words = [one[what] for rows in of for one in rows if one[what]]
        assert len(words) == len(set(words)) > 7
    moments = [entry[2] for one in _rows(file, "resilience.AnswerSheet") for entry in one["entries"].values()]
    assert {moment[10:] for moment in moments} == {"T00:00:00+00:00"}


def test_where_few_have_answered_nobody_gets_their_answers(acme: Any, now: datetime, tmp_path: Path) -> None:
    live(acme, now)
    others = Participation.objects.values("pk")[4:]
    Response.objects.filter(participation__in=others).update(submitted_at=None)
    Response.objects.filter(participation__in=others[3:]).update(started_at=None)

    given = _rows(_take(tmp_path, "acme"), "campaigns.Participation")

    came_as_far = [4, 3, len(given) - 7]
    assert sum(one["response_id"] is None for one in given) == sum(came_as_far[:2])


def test_what_is_looked_for_is_there_to_be_found(lived: list[Any]) -> None:
    """So that the copy has something to hide."""
    models: list[Any] = [apps.get_model(label) for label in (*rules.TAKEN, *STAY)]
    found = [
        str([getattr(row, one.attname) for one in model._meta.concrete_fields])
        for model in models
        for row in model._base_manager.all()
    ]

    assert [secret for secret in everything_personal() if not any(secret in text for text in found)] == []


def test_the_trail_says_that_a_copy_was_taken(lived: list[Any], tmp_path: Path) -> None:
    _take(tmp_path, "acme")

    assert AuditEntry.objects.filter(action="tenant.exported").values_list("tenant", flat=True).get() == "acme"


@pytest.mark.parametrize(
    ("label", "name"),
    [(label, name) for label, fields in rules.WORDS.items() for name in fields],
)
def test_no_field_of_words_can_be_forgotten(label: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rules.WORDS, label, {one: rule for one, rule in rules.WORDS[label].items() if one != name})

    with pytest.raises(rules.Undeclared, match=f"{label}.{name}"):
        rules.check()


@pytest.mark.parametrize(
    ("label", "name"),
    [
        (label, field.name)
        for label in rules.TAKEN
        for field in apps.get_model(label)._meta.concrete_fields
        if getattr(field, "pii", "")
    ],
)
def test_what_is_personal_never_stays_as_it_is(label: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rules.WORDS, label, {**rules.WORDS[label], name: rules.as_it_is})

    with pytest.raises(rules.Undeclared, match=f"{label}.{name}"):
        rules.check()


def test_no_model_can_be_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    rules.check()
    for label in rules.LEFT:
        monkeypatch.setattr(rules, "LEFT", rules.LEFT - {label})
        with pytest.raises(rules.Undeclared, match=label):
            rules.check()
        monkeypatch.undo()


@pytest.mark.parametrize(
    ("label", "name", "found"),
    [("campaigns.Campaign", "introduction", WORDS[0]), ("campaigns.Stakeholder", "group", WORDS[4])],
)
def test_a_rule_that_lets_words_through_is_noticed(
    lived: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, label: str, name: str, found: str
) -> None:
    monkeypatch.setitem(rules.WORDS, label, {**rules.WORDS[label], name: rules.as_it_is})

    assert found in _take(tmp_path).read_text()


def test_copies_are_alike_by_the_same_salt_alone(lived: list[Any], tmp_path: Path) -> None:
    (tmp_path / "salt").write_bytes(secrets.token_bytes(32))
    by_salt = [_take(tmp_path, "--salt-file", str(tmp_path / "salt"), name=name).read_text() for name in ("a", "b")]
    other = _take(tmp_path, name="c").read_text()

    assert by_salt[0] == by_salt[1]
    names = [
        {json.loads(line)["row"]["id"] for line in text.splitlines() if '"row":{"id"' in line}
        for text in (by_salt[0], other)
    ]
    assert len(names[0]) > 50
    assert names[0] & names[1] == set()


def test_tenants_of_a_copy_have_nothing_in_common(lived: list[Any], tmp_path: Path) -> None:
    """The same person at two organisations is two."""
    people = [
        line["row"]["email"]
        for line in map(json.loads, _take(tmp_path).open())
        if line.get("of") == "campaigns.Stakeholder"
    ]

    assert len(people) == len(set(people)) == 2 * Stakeholder.objects.count()


@pytest.mark.thorough
def test_who_was_erased_arrives_erased(lived: list[Any], tmp_path: Path, empty: dict[str, str]) -> None:
    SubjectKey.objects.filter(pk=Stakeholder.objects.values("key")[:1]).update(secret=None)

    filled = _fill(empty, _take(tmp_path, "acme"))

    assert filled.returncode == 0, filled.stderr
    names = [values["name"] for _, label, values in _read(empty) if label == "campaigns.Stakeholder"]
    assert len([name for name in names if name == "Erased"]) == 1


def test_more_rows_take_no_more_questions(acme: Any, now: datetime, tmp_path: Path) -> None:
    def asked(number: int) -> int:
        people = [Contact(f"Person {one}", f"{one}@people.example") for one in range(number)]
        campaigns.add_stakeholders(campaign, people, acting_user=None, now=now)
        with CaptureQueriesContext(connection) as queries:
            _take(tmp_path, "acme")
        return len(queries)

    subject = create_subject(code="harbour", name="Nordhafen", acting_user=None, now=now)
    campaign = campaigns.create_campaign(
        name="c",
        version=make_version(now),
        subject=subject,
        closes_at=now + timedelta(days=9),
        acting_user=None,
        now=now,
    )

    assert asked(3) == asked(60)


@pytest.mark.thorough
def test_half_a_copy_or_one_of_something_else_leaves_nothing(
    lived: list[Any], tmp_path: Path, empty: dict[str, str]
) -> None:
    whole = _take(tmp_path).read_text().splitlines(keepends=True)
    before = _everything(empty)
    wrong = {
        "no copy": ['{"a": 1}\n'],
        "cut off": whole[:-1],
        "cut within": whole[: len(whole) // 2],
        "a row less": [*whole[:9], *whole[10:]],
        "a row of nothing": [
            *whole[:-1],
            '{"of": "campaigns.Participation", "row": {}}\n',
            f'{{"end": {len(whole)}}}\n',
        ],
        "no JSON": [*whole[:5], "{\n"],
    }
    for name, lines in wrong.items():
        (tmp_path / "wrong").write_text("".join(lines))
        refused = _fill(empty, tmp_path / "wrong")
        assert refused.returncode == 1, name
        assert len(refused.stderr.strip().splitlines()) == 1, refused.stderr
        assert _everything(empty) == before, name


@pytest.mark.thorough
def test_only_an_installation_for_tests_without_tenants_is_filled(
    lived: list[Any], tmp_path: Path, empty: dict[str, str]
) -> None:
    file = _take(tmp_path, "acme")
    production = {**empty, "RESIMATE_ENV": "production", "SECRET_KEY": secrets.token_urlsafe(50)}

    refused = _fill(production, file)
    first = _fill({**production, "RESIMATE_TAKES_COPIES": "yes"}, file)
    second = _fill(empty, file)

    assert (refused.returncode, first.returncode, second.returncode) == (1, 0, 1), first.stderr
    assert "calls itself production" in refused.stderr
    assert "There are tenants here already" in second.stderr


def test_a_copy_that_cannot_be_written_leaves_nothing(
    lived: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(taking, "_scores", broken)
    (tmp_path / "folder").mkdir()

    with pytest.raises(SystemExit) as ended:
        _take(tmp_path / "folder")

    assert ended.value.code == 1
    assert list((tmp_path / "folder").iterdir()) == []


def test_ids_keep_their_order_and_their_kind() -> None:
    disguise = Disguise.new("acme")
    ids = [new_id() for _ in range(2)] + [random_id()]

    first, second, drawn = map(disguise.uuid, ids)

    assert (first.version, second.version, drawn.version) == (7, 7, 4)
    assert (ids[0].int >> 80) - (first.int >> 80) == -disguise.moved_by.total_seconds() * 1000
    assert len({first, second, drawn, *ids}) == 6
