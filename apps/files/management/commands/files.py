"""Exit 1 where something is wrong with a file, or was refused."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser
from django.db.models import Count, Sum
from django.utils import timezone
from django_tenants.utils import schema_context

from apps.core.commands import OperatorCommand
from apps.files import services
from apps.files.models import StoredFile
from apps.tenants.models import Tenant
from apps.tenants.provisioning import OWNER, PUBLIC, owner_in
from apps.tenants.services import find_tenant
from resimate_text.problems import MOST_PROBLEMS


class Command(OperatorCommand):
    help = "List, verify and sweep the files of tenants."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="list|verify|sweep")
        listed = verbs.add_parser("list", help="how many files of which kind, and how large")
        verified = verbs.add_parser("verify", help="read every file, and say which are damaged or gone")
        swept = verbs.add_parser("sweep", help="take away what belongs to no file, and what is over")
        swept.add_argument("--dry-run", action="store_true", help="only say what would go")
        for verb in (listed, verified, swept):
            verb.add_argument("--tenant", metavar="SLUG", help="those of one; otherwise of all")

    def act(self, **options: Any) -> None:
        getattr(self, options["verb"])(**options)

    def list(self, *, tenant: str | None, **_: Any) -> None:
        kinds = StoredFile.objects.order_by("kind", "state")
        rows = [
            {"tenant": schema, **row}
            for schema in _each(tenant)
            for row in kinds.values("kind", "state").annotate(count=Count("pk"), bytes=Sum("size"))
        ]
        lines = ["{tenant:<30} {kind:<20} {state:<10} {count:>8} {bytes:>16,}".format(**row) for row in rows]
        self.report({"files": rows}, "\n".join(lines) or "There are no files yet.")

    def verify(self, *, tenant: str | None, **_: Any) -> None:
        problems, count = [], 0
        for schema in _each(tenant):
            for file in self.progress(StoredFile.objects.there().iterator(), unit=" files"):
                count += 1
                if problem := services.verify(file):
                    problems.append(f"{schema}: {problem}")
        if problems:
            self.fail("file_damaged", "\n".join(problems[:MOST_PROBLEMS]), count=count, damaged=len(problems))
        self.report({"count": count}, f"{count} files are as they were kept.")

    def sweep(self, *, tenant: str | None, dry_run: bool, **_: Any) -> None:
        rows = [
            {"tenant": schema, **asdict(services.sweep(now=timezone.now(), dry_run=dry_run))}
            for schema in _each(tenant)
        ]
        text = "{tenant}: {orphans} without a file, {unfinished} unfinished, {expired} over"
        lost = [f"{row['tenant']}: the content of {one} is gone" for row in rows for one in row["lost"]]
        if lost:
            self.fail("file_gone", "\n".join(lost[:MOST_PROBLEMS]), swept=rows)
        self.report({"swept": rows, "dry_run": dry_run}, "\n".join(text.format(**row) for row in rows))


def _each(tenant: str | None) -> Iterator[str]:
    """Enter one schema after the other."""
    if tenant is not None:
        schemas = [find_tenant(tenant).schema_name]
    else:
        with owner_in(PUBLIC):
            schemas = list(Tenant.objects.using(OWNER).order_by("slug").values_list("schema_name", flat=True))
    for schema in schemas:
        with schema_context(schema):
            yield schema
