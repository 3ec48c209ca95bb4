from typing import Any

from django.core.management.base import CommandParser

from apps.core.commands import OperatorCommand
from apps.tenants import fleet
from apps.tenants.provisioning import public_is_behind


class Command(OperatorCommand):
    help = "Bring the public schema, the template and every tenant up to date."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--plan", action="store_true", help="say which schemas are behind, and change nothing")
        parser.add_argument("--wait", type=float, default=0, metavar="SECONDS", help="for a database that starts")
        parser.add_argument("--resume", action="store_true", help="go on after a failure: only what is still behind")

    def act(self, **options: Any) -> None:
        fleet.wait_for_database(options["wait"], self.stderr.write)
        if options["plan"]:
            self._show_plan()
        else:
            self._migrate(options["resume"])

    def _show_plan(self) -> None:
        if public_is_behind():
            self.report({"public_is_behind": True}, "The public schema is behind; the tenants are looked at after it.")
            return
        behind = fleet.plan()
        lines = [f"{schema}: {missing} to apply" for schema, missing in behind.items()]
        self.report({"public_is_behind": False, "behind": behind}, "\n".join(lines) or "Every schema is up to date.")

    def _migrate(self, resume: bool) -> None:
        with self.meter(" schemas") as show:
            try:
                migrated = fleet.migrate_all(lambda _, done, total: show(done, total), resume=resume)
            except fleet.TenantsNotMigrated as refusal:
                lines = [f"{schema}: {reason}" for schema, reason in sorted(refusal.failed.items())]
                self.fail(
                    refusal.code,
                    "\n".join([refusal.detail, *lines]),
                    migrated=refusal.migrated,
                    failed=refusal.failed,
                )
        self.report({"migrated": migrated, "failed": {}}, f"{len(migrated)} schemas were behind and are up to date.")
