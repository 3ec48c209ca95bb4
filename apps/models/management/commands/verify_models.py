from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from apps.core.commands import OperatorCommand
from apps.models import services
from apps.tenants.models import Tenant
from apps.tenants.services import find_tenant


class Command(OperatorCommand):
    help = "Calculate the golden vector of every published version anew; say which no longer give the same scores."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", metavar="SLUG", help="only this tenant; otherwise all")

    def act(self, **options: Any) -> None:
        slug = options["tenant"]
        tenants = [find_tenant(slug)] if slug else list(Tenant.objects.order_by("slug"))
        outcomes = services.verify_tenants(
            self.progress(tenants, total=len(tenants), unit=" tenants"), now=timezone.now()
        )
        rows = [_row(tenant.slug, verified) for tenant, verified in outcomes]
        wrong = [row for row in rows if not row["agrees"]]
        if wrong:
            names = ", ".join(f"{row['tenant']}/{row['model']} {row['number']}" for row in wrong)
            sentence = f"{len(wrong)} of {len(rows)} published versions no longer give the same scores: {names}."
            self.fail("verification_failed", sentence, versions=rows)
        late = sum(row["recorded_late"] for row in rows)
        text = f"{len(rows)} published versions of {len(tenants)} tenants give the same scores."
        if late:
            text += f" {late} of them had no vector before: theirs vouches only for the time from now on."
        self.report({"versions": rows}, text)


def _row(tenant: str, verified: services.Verified) -> dict[str, Any]:
    version, check = verified.version, verified.check
    return {
        "tenant": tenant,
        "model": version.model.code,
        "number": version.number,
        "agrees": check.agrees,
        "largest_difference": check.largest_difference,
        "recorded_with": check.vector.engine_version,
        "engine_version": check.engine_version,
        "recorded_late": verified.recorded_late,
    }
