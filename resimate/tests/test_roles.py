"""Each address is of one role, each piece of work of one queue; a process keeps to its own."""

import subprocess
import sys
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from celery import current_app
from django.test import Client
from django.urls import get_resolver
from django_tenants.utils import schema_context

from apps.core import degraded, events, jobs, roles
from apps.core.models import Event, EventDelivery, Pulse
from apps.core.parts import PARTS
from resimate.celery import app
from resimate.tests.kubernetes import manifests
from resimate.tests.product import ROOT
from resimate.urls.serving import addresses, prefixes

pytestmark = pytest.mark.requirement("AR-002")
ACME = {"host": "acme.localhost"}
URLS = ("resimate.urls.tenant", "resimate.urls.public")
#: A path of each role.
PATHS = {
    "auth": "/sign-in/",
    "core-api": "/api/v1/models/",
    "campaigns-api": "/api/v1/campaigns/",
    "users-api": "/api/v1/users/",
    "portal": "/campaigns/",
}


@pytest.mark.parametrize("urls", URLS)
def test_whoever_stands_in_front_can_tell_the_role_by_how_an_address_begins(urls: str) -> None:
    of_all = {address for address, role in addresses(get_resolver(urls).url_patterns) if not role}

    assert of_all <= {"api/v1/"}
    assert {step: of for step, of in prefixes(urls).items() if len(of) != 1} == {}


def test_the_ingress_sends_each_address_to_the_role_that_has_it() -> None:
    sent: dict[str, str] = {}
    for one in manifests.of_kind("aws", "Ingress"):
        for path in one["spec"]["rules"][0]["http"]["paths"]:
            sent[path["path"].rstrip("/")] = path["backend"]["service"]["name"].removeprefix("resimate-")

    def role_of(address: str) -> str:
        return sent[max((path for path in sent if f"{address}/".startswith(f"{path}/")), key=len)]

    found = {step: role_of(step.rstrip("/")) for step in prefixes(URLS[0])}
    assert found == {step: role for step, (role,) in prefixes(URLS[0]).items()}


@pytest.mark.parametrize("role", roles.WEB)
def test_a_process_answers_at_its_own_addresses_alone(acme: Any, settings: Any, role: str) -> None:
    settings.ROLE = role
    answers = {of: Client(headers=ACME).get(path) for of, path in PATHS.items()}

    assert {of for of, one in answers.items() if one.status_code != 404} == {role}
    others = [one for of, one in answers.items() if of != role]
    assert {one["Content-Type"] for one in others} == {"application/problem+json"}
    assert {one.json()["code"] for one in others} == {"not_found"}
    posted = Client(enforce_csrf_checks=True, headers=ACME).post(PATHS["auth"], {})
    assert posted.status_code == (403 if role == "auth" else 404)
    assert Client(headers=ACME).get("/health/ready").status_code == 200


@pytest.mark.parametrize("role", ["", "web"])
def test_without_a_role_of_its_own_a_process_answers_at_all_of_them(acme: Any, settings: Any, role: str) -> None:
    settings.ROLE = role
    assert [path for path in PATHS.values() if Client(headers=ACME).get(path).status_code == 404] == []


def test_pages_lead_to_those_of_other_roles(acme: Any, settings: Any) -> None:
    settings.ROLE = "portal"
    assert Client(headers=ACME).get("/campaigns/")["Location"].startswith("/sign-in/")


def test_what_has_no_pages_says_in_json_what_it_has_not(acme: Any, settings: Any) -> None:
    settings.ROLE = "core-api"
    assert Client(headers=ACME).get("/no-such-page/")["Content-Type"] == "application/problem+json"
    assert Client().get("/", headers={"Host": "nobody.example"})["Content-Type"] == "application/problem+json"


def _consumers(queue: str) -> list[str]:
    return [role for role in roles.WORKERS if queue in roles.queues_of(role)]


def test_each_queue_is_of_one_role_and_of_that_of_all() -> None:
    assert {queue: _consumers(queue) for queue in roles.QUEUES} == {
        queue: [f"worker-{queue}", "worker"] for queue in roles.QUEUES
    }


@pytest.fixture
def tasks() -> dict[str, Any]:
    """Those of the apps, as the scheduler knows them."""
    app.loader.import_default_modules()
    return {name: task for name, task in app.tasks.items() if not name.startswith(("celery.", "tests."))}


def test_each_task_waits_in_one_queue_but_for_the_sweep_which_each_has(tasks: dict[str, Any]) -> None:
    waits_in = {name: task.waits_in for name, task in tasks.items()}

    assert waits_in.pop("core.deliver_events") == roles.QUEUES
    assert {name: queue for name, queue in waits_in.items() if queue not in roles.QUEUES} == {}
    assert {kind for kind, queue in jobs.kinds().items() if queue not in roles.QUEUES} == set()


def test_the_clock_sends_every_task_where_it_waits(tasks: dict[str, Any]) -> None:
    sent: list[tuple[str, str]] = []
    for entry in app.conf.beat_schedule.values():
        options = app.amqp.router.route(dict(entry.get("options", {})), entry["task"])
        sent.append((entry["task"], options["queue"].name))

    of_sweep = {queue for task, queue in sent if task == "core.deliver_events"}
    assert of_sweep == set(roles.QUEUES)
    others = [(task, queue) for task, queue in sent if task != "core.deliver_events"]
    assert others == [(task, tasks[task].waits_in) for task, _ in others]


@pytest.fixture
def waiting(acme: Any, now: datetime) -> dict[str, EventDelivery]:
    """A delivery in each queue, and one in a queue of a later version; nobody hears any of them."""
    with schema_context("public"):
        made = {}
        for queue in (*roles.QUEUES, "of-a-later-version"):
            event = Event.objects.create(name="thing.happened", occurred_at=now, tenant="acme")
            made[queue] = EventDelivery.objects.create(
                event=event, subscriber=f"nobody.{queue}", queue=queue, due_at=now, tenant="acme"
            )
    return made


@pytest.mark.parametrize(
    ("role", "done"),
    [
        *((f"worker-{queue}", {queue}) for queue in roles.QUEUES if queue != "default"),
        ("worker-default", {"default", "of-a-later-version"}),
        ("worker", {*roles.QUEUES, "of-a-later-version"}),
    ],
)
def test_a_worker_takes_what_waits_in_its_queues(
    waiting: dict[str, EventDelivery], now: datetime, settings: Any, role: str, done: set[str]
) -> None:
    settings.ROLE = role
    with schema_context("public"):
        events.deliver_due(now)
        tried = EventDelivery.objects.filter(pk__in=[one.pk for one in waiting.values()], attempts=1)

    assert set(tried.values_list("queue", flat=True)) == done


def test_a_job_wakes_the_workers_of_its_queue(
    acme: Any,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    woken: list[str] = []
    monkeypatch.setattr(degraded, "missing", lambda _: None)
    monkeypatch.setattr(current_app, "send_task", lambda _name, *, queue, **_: woken.append(queue))
    with django_capture_on_commit_callbacks(execute=True):
        jobs.enqueue("calculation", {}, requested_by=uuid4(), now=now)

    assert woken == ["calculation"]
    assert EventDelivery.objects.get().queue == "calculation"


def _let_wait(queue: str, *, minutes: int) -> None:
    """Something of the tenant whose schema this is."""
    then = datetime.now().astimezone() - timedelta(minutes=minutes)
    event = Event.objects.create(name="campaign.opened", payload={}, occurred_at=then)
    EventDelivery.objects.create(event=event, subscriber=f"waits {minutes}", queue=queue, due_at=then)


def test_a_queue_without_a_worker_is_told_once_something_waits_there(acme: Any) -> None:
    def detail() -> str:
        with schema_context("public"):
            return PARTS["worker"].ask().detail

    for queue in roles.QUEUES:
        degraded.beat(f"worker-{queue}")
    assert detail() == "alive"

    with schema_context("public"):
        Pulse.objects.filter(role="worker-audit").update(seen_at=datetime.now().astimezone() - timedelta(minutes=2))
    assert detail() == "alive"
    _let_wait("audit", minutes=1)
    assert detail() == "alive"
    _let_wait("audit", minutes=3)
    assert detail() == "nobody works for audit"
    degraded.beat("worker")
    assert detail() == "alive"


@pytest.mark.parametrize(
    ("role", "kind"),
    [("portal", "worker"), ("worker-audit", "web"), ("scheduler", "web"), ("worker", "scheduler")],
)
def test_a_process_of_another_kind_is_refused(role: str, kind: str) -> None:
    said = roles.misplaced(role, kind)
    assert role in said
    assert all(one in said for one in roles.KINDS[kind])
    assert roles.misplaced("", kind) == ""


def test_a_role_that_there_is_not_is_refused_at_the_start_in_one_sentence() -> None:
    started = subprocess.run(
        [sys.executable, "-m", "resimate"], cwd=ROOT, env={"RESIMATE_ROLE": "portals"}, capture_output=True, text=True
    )

    assert (started.returncode, started.stdout) == (1, "")
    assert started.stderr == f"RESIMATE_ROLE is 'portals'; it takes one of: {', '.join(roles.ALL)}.\n"
