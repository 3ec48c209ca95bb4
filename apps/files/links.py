"""Addresses under which one file can be downloaded for a while, signed by the tenant's key for links."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.core import signing
from django.urls import reverse
from django_tenants.utils import get_public_schema_name

from apps.core import crypto
from apps.core.errors import Refused
from apps.core.tenancy import current_schema
from apps.files.models import StoredFile
from apps.keys import signatures

SALT: Final = "resimate.files.download"
LONGEST: Final = timedelta(days=7)


class AddressUnknown(Refused):
    code = "file_address_unknown"
    status = 404
    title = "There is no such file"

    def __init__(self) -> None:
        super().__init__("There is no such file, or this address does not lead to it.")


class AddressExpired(Refused):
    code = "file_address_expired"
    status = 410
    title = "The address has expired"

    def __init__(self) -> None:
        super().__init__("This address was good for a while only. Please ask for a new one where you found it.")


def address(file: StoredFile, *, now: datetime, good_for: timedelta = timedelta(minutes=15), user: Any = None) -> str:
    """The path of a file on its tenant's host; for that user alone, where there is one. Good for a week at most."""
    until = now + min(good_for, LONGEST)
    said = [current_schema(), str(file.pk), int(until.timestamp()), str(user.pk) if user is not None else ""]
    token = signing.dumps(said, key=crypto.signing_secrets(current_schema())[0], salt=SALT)
    return reverse("files:download", args=[token])


def file_at(token: str, *, now: datetime, user: Any) -> StoredFile:
    """The file that an address leads to. Raises ``AddressExpired``, and ``AddressUnknown`` for all else."""
    schema, pk, until, whose = _said(token)
    if schema != current_schema() or (whose and whose != str(user.pk)):
        raise AddressUnknown
    if now.timestamp() >= until:
        raise AddressExpired
    file = StoredFile.objects.there().filter(pk=UUID(pk)).first()
    if file is None:
        raise AddressUnknown
    return file


def _said(token: str) -> tuple[str, str, int, str]:
    first, *others = crypto.signing_secrets(current_schema())
    keys: Mapping[str, Any] = {"key": first, "fallback_keys": others}
    try:
        schema, pk, until, whose = signing.loads(token, salt=SALT, **keys)
    except (signing.BadSignature, ValueError):
        raise AddressUnknown from None
    return schema, pk, until, whose


@signatures.declare("addresses of files")
def _live_since(now: datetime) -> datetime | None:
    return None if current_schema() == get_public_schema_name() else now - LONGEST
