"""Celery wakes workers up; PostgreSQL keeps what is to be done (docs/adr/0005), each in its queue (docs/adr/0054)."""

import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import beat_init, setup_logging, worker_init

from apps.core import roles

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "resimate.settings")

MEASURED = 15.0  # seconds: as often as it is scraped
SWEEP = {"task": "core.deliver_events", "schedule": 5.0}
SWEEPERS = 2  # without Redis; the threads that are woken are idle meanwhile

app = Celery("resimate", task_cls="apps.tenants.tasks:TenantTask")
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    task_soft_time_limit=None,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        # Both restore options are needed: without them a lost task comes back only after 100 s (kombu 5.7).
        "visibility_timeout": 300,
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
    },
    task_publish_retry=False,
    beat_schedule={
        **{f"sweep {queue}": {**SWEEP, "options": {"queue": queue, "expires": 60}} for queue in roles.QUEUES},
        "forget": {"task": "core.forget_answers", "schedule": 3600.0},
        "forget_destinations": {"task": "outbound.forget_destinations", "schedule": 3600.0},
        "forget_sessions": {"task": "core.forget_sessions", "schedule": 3600.0},
        "forget_authorizations": {"task": "oauth.forget", "schedule": crontab(hour="3", minute="50")},
        "partitions": {"task": "audit.make_partitions", "schedule": 3600.0},
        "permissions": {"task": "accounts.tell_uses", "schedule": crontab(minute="5")},
        "keys": {"task": "keys.tend", "schedule": crontab(minute="10")},
        "files": {"task": "files.sweep", "schedule": crontab(hour="3", minute="40")},
        "verify": {"task": "models.verify_versions", "schedule": crontab(hour="2", minute="30")},
    },
    beat_scheduler="celery.beat:Scheduler",
    task_default_queue=roles.DEFAULT,
    task_routes="apps.tenants.tasks:route",
)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def _leave_logs_to_django(**_: Any) -> None:
    """Celery's own lines are JSON like all others: that somebody answers this signal is what keeps its hands off."""


@worker_init.connect
def _work_for_ones_queues(**_: Any) -> None:
    from django.conf import settings

    from resimate import checks

    checks.stop_when_unfit("worker")
    app.amqp.queues.select(roles.queues_of(settings.ROLE))


@beat_init.connect
def _be_the_scheduler(**_: Any) -> None:
    from resimate import checks

    checks.stop_when_unfit("scheduler")


@worker_init.connect
def _work_without_broker(**_: Any) -> None:
    """Tell that a worker is there; when Redis is away, look for work without being woken."""
    from django.conf import settings

    from apps.accounts import uses
    from apps.core import background, degraded, epochs, parts, presence
    from apps.tenants.tasks import measure_outbox, sweep_without_broker
    from resimate.management_port import open_for_this_process

    open_for_this_process()
    epochs.follow()
    uses.follow()
    background.every(MEASURED, measure_outbox)
    background.every(MEASURED, parts.watch)
    presence.HERE.show()  # before it leases anything
    background.every(degraded.BEAT, presence.HERE.show)
    background.every(degraded.BEAT, degraded.beat, settings.ROLE or roles.ALL_QUEUES)
    for _number in range(SWEEPERS):
        background.every(degraded.BEAT, sweep_without_broker)


@beat_init.connect
def _tell_that_the_scheduler_is_there(**_: Any) -> None:
    from apps.core import background, degraded, epochs
    from resimate.management_port import open_for_this_process

    open_for_this_process()
    epochs.follow()
    background.every(degraded.BEAT, degraded.beat, "scheduler")
