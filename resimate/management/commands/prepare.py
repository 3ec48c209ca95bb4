"""What ``up`` does before it serves: tables, static files, demo data. Each only when it is not so already."""

import hashlib
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import Error

from apps.audit import partitions
from apps.core.crypto import KeyAway
from apps.tenants import fleet, provisioning
from resimate import demo


class Command(BaseCommand):
    help = "Bring the database, the static files and (in development) the demo tenants up to date."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--wait", type=float, default=0, metavar="SECONDS", help="for a database that starts")

    def handle(self, *args: Any, wait: float, **options: Any) -> None:
        fleet.wait_for_database(wait, self.stderr.write)
        if provisioning.public_is_behind() or fleet.plan():
            fleet.migrate_all()
        self._make_partitions()
        if settings.COLLECTED_STATIC:
            self._collect_static()
        if settings.DEVELOPMENT:
            self._make_demo_data()

    def _make_partitions(self) -> None:
        """Entries fall into the default partition meanwhile, so this keeps nobody from starting."""
        try:
            partitions.make_ahead()
        except Error as error:
            self.stderr.write(f"The audit trail has no new partition yet, the scheduler tries again: {error}")

    def _make_demo_data(self) -> None:
        """Where keys are lost or away the service starts nonetheless: `manage.py keys recover` needs its database."""
        try:
            demo.ensure()
        except KeyAway as refusal:
            self.stderr.write(f"The demo data stay as they are: {refusal.reason}")

    def _collect_static(self) -> None:
        """Compressing takes seconds, so it is done once for each state of the sources."""
        mark = Path(settings.STATIC_ROOT) / ".collected"
        state = _state_of_sources()
        if not mark.exists() or mark.read_text() != state:
            call_command("collectstatic", interactive=False, clear=True, verbosity=0)
            mark.write_text(state)


def _state_of_sources() -> str:
    digest = hashlib.sha256((settings.BASE_DIR / "requirements.lock").read_bytes())
    for folder, _, names in sorted(os.walk(settings.BASE_DIR / "static")):
        for name in sorted(names):
            digest.update((Path(folder) / name).read_bytes())
    return digest.hexdigest()
