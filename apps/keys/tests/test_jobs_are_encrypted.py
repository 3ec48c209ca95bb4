"""What a job is asked and answers is under the tenant's key for as long as it is kept."""

import json
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django_tenants.utils import schema_context

from apps.core import crypto, jobs
from apps.core.models import Job
from apps.keys import migrating, providers
from apps.keys.keyring import KEYRING

pytestmark = pytest.mark.requirement("SEC-DATA-001")
MIGRATION = import_module("apps.keys.migrations.0011_encrypt_jobs")
STORED = "SELECT parameters, result FROM core_job WHERE id = %s"
OF_BEFORE = """
    CREATE TEMPORARY TABLE core_job (
        id uuid, tenant text, parameters jsonb, result jsonb, sealed_parameters bytea, sealed_result bytea
    )
"""


@pytest.fixture
def job(acme: Any, now: Any, monkeypatch: pytest.MonkeyPatch) -> Job:
    monkeypatch.setitem(jobs._runners, "test", lambda job, _: {"was": job.parameters["said"], "and": "Mirabelle"})
    return jobs.enqueue("test", {"said": "Zwetschge"}, requested_by=uuid4(), now=now)


def _stored(job: Job) -> list[bytes | None]:
    with connection.cursor() as cursor:
        cursor.execute(STORED, [job.pk])
        return [None if one is None else bytes(one) for one in cursor.fetchone()]


def test_neither_what_it_was_asked_nor_its_result_is_readable_in_the_table(job: Job) -> None:
    asked, result = _stored(job)
    assert asked is not None
    assert b"Zwetschge" not in asked
    assert result is None

    jobs._run_by_id(job.pk)

    asked, result = _stored(job)
    assert asked is None
    assert result is not None
    assert b"Mirabelle" not in result
    ended = Job.objects.get(pk=job.pk)
    assert (ended.state, ended.parameters, ended.result) == ("succeeded", {}, {"was": "Zwetschge", "and": "Mirabelle"})


def test_it_opens_in_no_other_tenant(job: Job) -> None:
    stored = Job.objects.get(pk=job.pk)
    with schema_context("beta"), pytest.raises(crypto.Undecryptable):
        _ = stored.parameters


def test_whose_key_is_away_is_told_so_by_the_job(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> Any:
        raise crypto.KeyAway("withdrawn")

    monkeypatch.setattr(KEYRING, "version", away)
    jobs._run_by_id(job.pk)

    ended = Job.objects.get(pk=job.pk)
    assert ended.problem is not None
    assert (ended.state, ended.problem["code"]) == ("failed", "key_away")
    assert _stored(job) == [None, None]


class _Withdrawn:
    """Gives every key but those of the platform."""

    def __init__(self, name: str) -> None:
        self._provider = providers.named(name)

    def unwrap(self, wrapped: bytes, place: str) -> bytes:
        if place.startswith("public|"):
            raise providers.Unavailable("withdrawn")
        return self._provider.unwrap(wrapped, place)


def test_jobs_of_before_go_under_the_keys_of_their_tenants_and_a_key_that_is_away_holds_nobody_up(
    acme: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MIGRATION, "BATCH", 2)
    monkeypatch.setattr(migrating, "providers", SimpleNamespace(named=_Withdrawn))
    of = {UUID(int=number + 1): tenant for number, tenant in enumerate(["acme", "beta", "acme", "public", "beta"])}
    with schema_context("public"), connection.cursor() as cursor:
        cursor.execute(OF_BEFORE)
        cursor.execute("SHOW search_path")
        (path,) = cursor.fetchone()
        cursor.execute("SET LOCAL search_path TO pg_temp, public")
        for pk, tenant in of.items():
            cursor.execute("INSERT INTO core_job VALUES (%s, %s, '{}', %s)", [pk, tenant, json.dumps({"by": tenant})])
        cursor.execute("UPDATE core_job SET parameters = '{\"n\": 1}', result = NULL WHERE id = %s", [UUID(int=3)])
        MIGRATION.encrypt(None, SimpleNamespace(connection=connection))
        cursor.execute("SELECT id, sealed_parameters, sealed_result FROM core_job ORDER BY id")
        sealed_rows = cursor.fetchall()
        cursor.execute("DROP TABLE pg_temp.core_job")
        cursor.execute(f"SET LOCAL search_path TO {path}")
        found = [_opened(of[pk], pk, *sealed) for pk, *sealed in sealed_rows]

    beta = (None, {"by": "beta"})
    assert found == [(None, {"by": "acme"}), beta, ({"n": 1}, None), (None, None), beta]


def _opened(tenant: str, pk: UUID, *sealed: Any) -> tuple[Any, ...]:
    return tuple(
        stored and json.loads(crypto.decrypt(bytes(stored), schema=tenant, place=f"core.job|{name}|{pk}"))
        for name, stored in zip(("parameters", "result"), sealed, strict=True)
    )
