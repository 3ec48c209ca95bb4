"""Celery in the right tenant, or not at all.

The tenant rides in a message header. A task without one, for an unknown or a suspended tenant, fails; only a task
marked ``platform=True`` runs in the public schema.
"""

import logging
from datetime import timedelta
from importlib import import_module
from typing import Any

from celery import Task, current_app, shared_task
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import Error, connection
from django.db.models import Count, Min
from django.utils import timezone
from django_tenants.utils import get_public_schema_name, schema_context
from kombu.exceptions import OperationalError as BrokerAway

from apps.audit import partitions
from apps.core import context, degraded, events, metrics, roles
from apps.core.models import EventDelivery, RememberedAnswer
from apps.tenants.models import Tenant

logger = logging.getLogger(__name__)

REPEATED_WITHIN = timedelta(hours=24)
HEADER = "resimate_tenant"
TRACE = "resimate_trace"


class NoTenant(Exception):
    """A task arrived without a tenant that it may work for."""


class TenantTask(Task):
    platform = False
    #: The queue in which it waits; of several whoever sends it says which.
    waits_in: str | tuple[str, ...] = ()

    def apply_async(self, *args: Any, headers: dict[str, Any] | None = None, **kwargs: Any) -> Any:
        stamped = {HEADER: connection.schema_name, TRACE: context.current().traceparent, **(headers or {})}  # type: ignore[attr-defined]  # this backend has it
        return super().apply_async(*args, headers=stamped, **kwargs)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        carried = self.request.get(TRACE) or (self.request.headers or {}).get(TRACE) or ""
        with context.use(context.continued(carried, action=self.name)), schema_context(self._schema()):
            return super().__call__(*args, **kwargs)

    def _schema(self) -> str:
        public = str(get_public_schema_name())
        if self.platform:
            return public
        schema = self.request.get(HEADER) or (self.request.headers or {}).get(HEADER)
        with schema_context(public):
            if not Tenant.objects.filter(schema_name=schema, status=Tenant.Status.ACTIVE).exists():
                raise NoTenant(f"{self.name} came without an active tenant")
        return str(schema)


def route(name: str, *_: Any, task: Any = None, **__: Any) -> dict[str, str] | None:
    """Where a task waits that says so, unless its sender has said it."""
    waits_in = getattr(task or current_app.tasks.get(name), "waits_in", ())
    return {"queue": waits_in} if isinstance(waits_in, str) else None


@shared_task(name="core.deliver_events", platform=True, waits_in=roles.QUEUES)
def deliver_events(**_: Any) -> None:
    """Deliver what is due in the queues of this worker, in all tenants, until nothing is, or the worker is to end.

    Safe to run twice: deliveries are claimed.
    """
    while not _is_ending() and events.deliver_due(timezone.now()):
        pass


def _is_ending() -> bool:
    """Whether this worker was told to end: what it has is finished, and what waits is for another one."""
    from celery.worker import state  # a web process has none

    return state.should_stop is not None and state.should_stop is not False  # otherwise a code to exit with, as 0 is


@shared_task(name="core.forget_answers", platform=True, waits_in=roles.DEFAULT)
def forget_answers(**_: Any) -> None:
    """Forget answers to requests that nobody repeats any more: they may hold a key or a first password."""
    RememberedAnswer.objects.filter(created_at__lt=timezone.now() - REPEATED_WITHIN).delete()


@shared_task(name="audit.make_partitions", platform=True, waits_in=roles.AUDIT)
def make_partitions(**_: Any) -> None:
    """Give the audit trail its months ahead, however long nothing is started anew."""
    if made := partitions.make_ahead():
        logger.info("audit partitions made", extra={"count": made})


@shared_task(name="core.forget_sessions", platform=True, waits_in=roles.DEFAULT)
def forget_sessions(**_: Any) -> None:
    """Remove the sessions that are over, everywhere: nobody signs out of them any more."""
    for schema in sorted({get_public_schema_name(), *Tenant.objects.values_list("schema_name", flat=True)}):
        try:
            with schema_context(schema):
                import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
                Session.objects.filter(expire_date__lt=timezone.now()).delete()  # those from before
        except Error:  # a schema that is being made or taken away keeps nobody else's
            logger.exception("sessions could not be removed")


def wake_workers(queue: str) -> None:
    """Tell a worker that there is something in its queue. Without a broker the sweep finds it a little later."""
    if degraded.missing("redis"):
        return
    try:
        current_app.send_task("core.deliver_events", queue=queue, expires=60, retry=False)
    except (BrokerAway, OSError):
        degraded.WATCH.forget()
        logger.warning("broker away: workers will find their work by the sweep")


def sweep_without_broker() -> None:
    """Deliver what is due when nobody can be woken; otherwise the scheduler's sweep is enough."""
    if degraded.missing("redis"):
        deliver_events()


def measure_outbox() -> None:
    """Say by metrics how much waits to be delivered, since when, and what has been given up."""
    now = timezone.now()
    with schema_context(get_public_schema_name()):
        counts = dict(EventDelivery.objects.exclude(state="done").values_list("state").annotate(Count("pk")))
        due = EventDelivery.objects.filter(state="pending", due_at__lte=now)
        oldest = due.aggregate(oldest=Min("due_at"))["oldest"]
        waiting = dict(due.values_list("queue").annotate(Count("pk")))
    for state in ("pending", "dead"):
        metrics.OUTBOX.labels(state).set(counts.get(state, 0))
    for queue in roles.QUEUES:
        metrics.WAITING_IN_QUEUE.labels(queue).set(waiting.get(queue, 0))
    metrics.OUTBOX_AGE.set((now - oldest).total_seconds() if oldest else 0)
