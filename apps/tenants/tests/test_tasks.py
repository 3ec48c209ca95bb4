from datetime import timedelta
from typing import Any

import pytest
from celery import current_app, shared_task
from django.db import connection
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from apps.core import context
from apps.core.fields import new_id
from apps.core.models import RememberedAnswer
from apps.tenants.models import Tenant
from apps.tenants.tasks import HEADER, TRACE, NoTenant, forget_answers

pytestmark = pytest.mark.requirement("DB-002")
seen: list[tuple[str, str]] = []


@shared_task(name="tests.look_around")
def look_around(**_: Any) -> None:
    seen.append((connection.schema_name, context.current().trace_id))  # type: ignore[attr-defined]


@shared_task(name="tests.look_after_the_platform", platform=True)
def look_after_the_platform(**_: Any) -> None:
    seen.append((connection.schema_name, context.current().trace_id))  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _nothing_seen() -> None:
    seen.clear()


def test_a_task_works_in_the_tenant_that_its_header_names(db: None) -> None:
    with schema_context("beta"):
        look_around.apply(headers={HEADER: "acme"})
        assert connection.schema_name == "beta"  # type: ignore[attr-defined]

    assert [schema for schema, _ in seen] == ["acme"]


@pytest.mark.parametrize(
    "headers", [{}, {HEADER: "nobody"}, {HEADER: "public"}, {HEADER: ""}, {HEADER: "tpl_resimate"}]
)
def test_without_a_known_tenant_it_does_nothing_and_fails(db: None, headers: dict[str, str]) -> None:
    outcome = look_around.apply(headers=headers)

    assert isinstance(outcome.result, NoTenant)
    assert seen == []


def test_for_a_suspended_tenant_it_does_nothing_and_fails(db: None) -> None:
    Tenant.objects.filter(slug="acme").update(status=Tenant.Status.SUSPENDED)

    assert isinstance(look_around.apply(headers={HEADER: "acme"}).result, NoTenant)
    assert seen == []


def test_an_argument_does_not_choose_the_tenant(db: None) -> None:
    look_around.apply(kwargs={HEADER: "beta", "schema": "beta"}, headers={HEADER: "acme"})

    assert [schema for schema, _ in seen] == ["acme"]


def test_only_a_task_marked_so_runs_for_the_platform(db: None) -> None:
    look_after_the_platform.apply(headers={HEADER: "acme"})

    assert [schema for schema, _ in seen] == ["public"]


def test_sending_stamps_the_tenant_and_the_trace(acme: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(current_app, "send_task", lambda *_, **options: sent.append(options["headers"]))
    work = context.continued("")
    with context.use(work):
        look_around.apply_async()

    assert sent[0][HEADER] == "acme"
    assert sent[0][TRACE] == work.traceparent


def test_the_trace_goes_on_in_the_task(db: None) -> None:
    work = context.continued("")

    look_around.apply(headers={HEADER: "acme", TRACE: work.traceparent})

    assert [trace for _, trace in seen] == [work.trace_id]


def test_answers_to_repeated_requests_are_forgotten_after_a_day(acme: Any, beta: Any) -> None:
    def remember(key: str, hours: int) -> None:
        moment = timezone.now() - timedelta(hours=hours)
        RememberedAnswer.objects.create(user=new_id(), key=key, request_digest=b"", created_at=moment)

    remember("old", 25)
    remember("new", 23)
    with tenant_context(beta):
        remember("theirs", 25)
    forget_answers.apply()

    assert [one.key for one in RememberedAnswer.objects.all()] == ["new"]
    with tenant_context(beta):
        assert not RememberedAnswer.objects.exists()
    assert "core.forget_answers" in {one["task"] for one in current_app.conf.beat_schedule.values()}
