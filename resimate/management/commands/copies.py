import secrets
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from django_tenants.utils import get_public_schema_name, schema_context

from apps.core.commands import OperatorCommand
from apps.core.errors import Invalid
from apps.tenants.models import Tenant
from apps.tenants.services import TenantUnknown
from resimate.copies import filling, taking
from resimate_text.sentences import Sentence


class Command(OperatorCommand):
    help = "Take anonymised copies of tenants into a file, and fill an installation for tests from it."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="take|fill")
        take = verbs.add_parser("take", help="write a copy; nothing of people is in it")
        take.add_argument("slugs", nargs="*", metavar="TENANT", help="all of them where none is named")
        take.add_argument("--to", required=True, type=Path, metavar="FILE")
        take.add_argument(
            "--salt-file", type=Path, help="32 bytes or more: equal in every copy by them; else nobody keeps any"
        )
        verbs.add_parser("fill", help="make the tenants of a copy, where there are none").add_argument(
            "file", type=Path, metavar="FILE"
        )

    def act(self, **options: Any) -> None:
        getattr(self, options["verb"])(**options)

    def take(self, *, slugs: list[str], to: Path, salt_file: Path | None, **_: Any) -> None:
        with schema_context(get_public_schema_name()):
            found = {tenant.slug: tenant for tenant in Tenant.objects.order_by("slug")}
        if unknown := sorted({*slugs} - {*found}):
            raise TenantUnknown(Sentence("There is no tenant {slug}.", slug=unknown[0]))
        tenants = [tenant for slug, tenant in found.items() if not slugs or slug in slugs]
        with self.meter(" rows") as show:
            told = taking.take(tenants, to, salt=_salt(salt_file), now=timezone.now(), counted=_Sum(show))
        lines = [f"{slug}: {one['rows']} rows, called {one['name']}" for slug, one in told.items()]
        self.report({"file": str(to), "tenants": told}, "\n".join(lines))

    def fill(self, *, file: Path, **_: Any) -> None:
        with self.meter(" rows") as show:
            filled = filling.fill(file, now=timezone.now(), counted=_Sum(show))
        lines = [f"{slug}, administered by {email or 'nobody'}" for slug, email in filled.administrators.items()]
        text = f"{'; '.join(lines)}: {filled.rows} rows; {filled.equal} scores are equal"
        changed = f", {len(filled.changed)} are not" if filled.changed else ""
        self.report(asdict(filled), f"{text}{changed}.")


class _Sum:
    """Adds up, for a bar that wants to know how far it is."""

    def __init__(self, show: Any) -> None:
        self.show, self.done = show, 0

    def __call__(self, more: int) -> None:
        self.done += more
        self.show(self.done, self.done)


def _salt(path: Path | None) -> bytes:
    if path is None:
        return secrets.token_bytes(32)
    try:
        salt = path.read_bytes()
    except OSError as error:
        raise Invalid(Sentence("{file} cannot be read: {why}.", file=str(path), why=error.strerror)) from error
    if len(salt) < 32:
        raise Invalid(Sentence("{file} has fewer than 32 bytes.", file=str(path)))
    return salt
