"""What is wrong with this installation, and how to mend it."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.cache import cache
from django.core.mail import get_connection
from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, connections
from django.utils import timezone
from redis.exceptions import RedisError

from apps.audit import partitions
from apps.core import degraded
from apps.models import services
from apps.tenants import fleet, provisioning
from apps.tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``mend`` says what to do when it is not well."""

    what: str
    well: bool
    detail: str
    mend: str = ""


class Command(BaseCommand):
    help = "Look at every part of the installation; say what is wrong and how to mend it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, as_json: bool, **options: Any) -> None:
        findings = list(examine())
        if as_json:
            self.stdout.write(json.dumps([asdict(finding) for finding in findings], indent=1))
        else:
            for finding in findings:
                self.stdout.write(f"{'ok  ' if finding.well else 'BAD '} {finding.what:<22} {finding.detail}")
                if not finding.well:
                    self.stdout.write(f"{'':28}→ {finding.mend}")
        if not all(finding.well for finding in findings):
            raise SystemExit(1)


def examine() -> Iterator[Finding]:
    yield from _settings()
    if not settings.SERVERS_KNOWN:
        yield Finding("servers", False, "the embedded servers are not running", "start them with `make run`")
        return
    yield _asked("database", _database, "check DATABASE_URL and that PostgreSQL 15 or newer runs there")
    yield _asked("runtime role", _runtime_role, "let DATABASE_URL name a role that owns nothing")
    yield _asked("connection pooling", _session, "let PgBouncer pool by session: by transaction it mixes tenants up")
    yield _asked("migrations", _migrations, "run `manage.py migrate_tenants`")
    yield _asked(
        "published versions", _golden, "run the engine they were recorded with; `manage.py verify_models` lists"
    )
    yield _asked("redis", _redis, "check REDIS_URL; without Redis limits are off and workers wait for the sweep")
    yield _asked("worker", _worker, "start `celery --app resimate.celery worker`, as `make run` does; see its log")
    yield _asked("scheduler", _scheduler, "start `celery --app resimate.celery beat`, as `make run` does; see its log")
    yield _asked("audit partitions", _partitions, "start the scheduler and a worker, which make them every hour")
    yield _asked("mail", _mail, "check EMAIL_URL and that the server accepts connections")
    yield _asked("disk", _disk, f"make room below {settings.DATA_DIR}")


def _settings() -> Iterator[Finding]:
    problems = checks.run_checks(include_deployment_checks=not settings.DEVELOPMENT)
    serious = [one for one in problems if one.level >= checks.WARNING and not one.is_silenced()]
    for problem in serious:
        yield Finding("settings", False, str(problem.msg).split("\n")[0], str(problem.hint or "set it as it says"))
    if not serious:
        yield Finding("settings", True, settings.ENVIRONMENT)


def _asked(what: str, ask: Callable[[], str], mend: str) -> Finding:
    try:
        return Finding(what, True, ask())
    except (Error, RedisError, OSError, NotWell) as error:
        return Finding(what, False, str(error).strip().split("\n")[0], mend)


class NotWell(Exception):
    """An answer came, and it is not a good one."""


def _one(query: str, alias: str = "default") -> Any:
    with connections[alias].cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


def _database() -> str:
    version = int(_one("SHOW server_version_num")) // 10000
    if version < 15:
        raise NotWell(f"PostgreSQL {version} is older than 15")
    return f"PostgreSQL {version}"


def _runtime_role() -> str:
    owned = _one(
        "SELECT count(*) FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = session_user)"
    )
    mighty = _one("SELECT rolsuper OR rolbypassrls OR rolcreaterole FROM pg_roles WHERE rolname = session_user")
    role = _one("SELECT session_user")
    if owned or mighty:
        raise NotWell(f"{role} owns {owned} objects{' and has special rights' if mighty else ''}")
    return f"{role} owns nothing"


def _session() -> str:
    """Two statements of one session must share it: a transaction pooler may serve them by two."""
    connection = connections["default"]
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('resimate.doctor', 'here', false)")
    seen = [_one("SELECT current_setting('resimate.doctor', true)") for _ in range(20)]
    if set(seen) != {"here"}:
        raise NotWell("statements of one session reach different ones")
    return "one session keeps its state"


def _migrations() -> str:
    behind = fleet.plan()
    if provisioning.public_is_behind() or behind:
        raise NotWell(
            f"{len(behind)} tenants and the shared tables are behind" if behind else "the shared tables are behind"
        )
    return "all applied"


def _golden() -> str:
    verified = [one for _, one in services.verify_tenants(Tenant.objects.order_by("slug"), now=timezone.now())]
    if wrong := sum(not one.check.agrees for one in verified):
        raise NotWell(f"{wrong} of {len(verified)} no longer give the same scores")
    return f"{len(verified)} give the same scores"


def _redis() -> str:
    cache.set("doctor", "here", 5)
    return "answers"


def _worker() -> str:
    return _alive("worker")


def _scheduler() -> str:
    return _alive("scheduler")


def _alive(role: str) -> str:
    state = degraded.look()[role]
    if not state.up:
        raise NotWell(f"not seen since {state.seen_at:%Y-%m-%d %H:%M} UTC" if state.seen_at else "never seen")
    return "alive"


def _partitions() -> str:
    state = partitions.state()
    if not state.is_well:
        raise NotWell(
            f"{state.months_ahead} months ahead{', and entries in the default one' if state.has_strays else ''}"
        )
    return f"{state.months_ahead} months ahead"


def _mail() -> str:
    connection = get_connection()
    connection.open()
    connection.close()
    return f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"


def _disk() -> str:
    free = shutil.disk_usage(settings.BASE_DIR).free >> 20
    if free < 500:
        raise NotWell(f"{free} MB left")
    return f"{free >> 10} GB left"
