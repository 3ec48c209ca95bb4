"""What is over is removed by the scheduler, not only when something is started."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from django_tenants.utils import schema_context

from apps.accounts.models import Session
from apps.accounts.session_store import SessionStore, id_of
from apps.tenants import tasks
from resimate.celery import app


def make_session(**lasts: float) -> UUID:
    session = SessionStore()
    session.create()
    found = Session.objects.filter(pk=id_of(session.session_key))
    assert found.update(expire_date=timezone.now() + timedelta(**lasts)) == 1
    return found.get().pk


@pytest.mark.requirement("SEC-AUTH-002")
def test_sessions_that_are_over_are_removed_in_every_schema(acme: Any, beta: Any) -> None:
    made = []
    for schema in ("acme", "beta", "public"):
        with schema_context(schema):
            made.append((schema, make_session(hours=-1), make_session(hours=1)))

    with schema_context("public"):
        tasks.forget_sessions()

    for schema, over, key in made:
        with schema_context(schema):
            assert list(Session.objects.filter(pk__in=[over, key]).values_list("pk", flat=True)) == [key]


def test_everything_that_runs_out_is_on_the_schedule() -> None:
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}

    assert {
        "core.forget_answers",
        "core.forget_sessions",
        "audit.make_partitions",
        "keys.tend",
        "outbound.forget_destinations",
    } <= scheduled
