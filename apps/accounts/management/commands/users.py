from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.utils import timezone
from django_tenants.utils import tenant_context

from apps.accounts import services
from apps.accounts.management.commands.create_api_key import UserUnknown
from apps.accounts.models import User
from apps.core.commands import OperatorCommand
from apps.core.errors import Refused
from apps.core.sizes import LARGEST_FILE, megabytes
from apps.tenants.services import find_tenant


class FileUnreadable(Refused):
    code = "file_unreadable"
    status = 422
    title = "The file cannot be read"


class Command(OperatorCommand):
    help = "Invite the people of a CSV or XLSX file to a tenant: all of them, or none."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        one = verbs.add_parser("import", help="invite them, each to the roles that the list names")
        one.add_argument("file", metavar="FILE", type=Path, help="columns: email, name, language, roles")
        one.add_argument("--tenant", required=True, metavar="SLUG")
        one.add_argument("--user", required=True, metavar="EMAIL", help="who invites them, and stands for the roles")
        one.add_argument("--dry-run", action="store_true", help="say what is wrong, and invite nobody")

    def act(self, **options: Any) -> None:
        content = _content(options["file"])
        with tenant_context(find_tenant(options["tenant"])):
            user = User.objects.at(options["user"]).filter(is_active=True).first()
            if user is None:
                raise UserUnknown(f"There is no user {options['user']} in {options['tenant']}.")
            try:
                persons, notes = services.people_in(content, language=settings.LANGUAGE_CODE)
                outcome = services.import_users(
                    persons, acting_user=user, now=timezone.now(), dry_run=options["dry_run"]
                )
            except Refused as refusal:
                self._fail(refusal)
        said = "can be invited" if options["dry_run"] else "invited"
        lines = [
            f"{outcome['invited']} {said}, {outcome['again']} of them anew.",
            *(str(one["detail"]) for one in notes),
        ]
        self.report({**outcome, "warnings": notes}, "\n".join(lines))

    def _fail(self, refusal: Refused) -> None:
        problems = [{"pointer": one.pointer, "code": one.code, "detail": one.detail} for one in refusal.errors]
        listed = "".join(f"\n{one['pointer']}: {one['detail']}" for one in problems)
        self.fail(refusal.code, f"{refusal.detail}{listed}", errors=problems, more=refusal.more)


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise FileUnreadable(f"{path} is larger than {megabytes(LARGEST_FILE)} MB.")
        return path.read_bytes()
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be read: {error.strerror}.") from error
