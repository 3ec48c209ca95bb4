"""Links by which somebody comes back from a letter: to choose a password, to accept an invitation, to prove an address.

A token names a row, and is sealed with the schema and with what it shall die with: so it opens nothing at another
tenant, and nothing once that has changed. It is stored nowhere. Whoever declares links says by ``keys.signatures`` for
how long they are good, so that the keys that signed them stay.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from django.conf import settings
from django.core import signing
from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.crypto import salted_hmac

from apps.core import crypto
from apps.core.tenancy import current_schema

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class SealedLinks(Generic[M]):
    """The links of one kind, which ``salt`` keeps apart from all others; ``route`` names the page that they open.

    ``rows`` are those that one may lead to, ``said`` is what of a row its link depends on.
    """

    salt: str
    route: str
    rows: Callable[[], QuerySet[M]]
    said: Callable[[M], str]

    def path_for(self, row: M) -> str:
        return reverse(self.route, args=[self.token_for(row)], urlconf=settings.ROOT_URLCONF)

    def token_for(self, row: M) -> str:
        secret = crypto.signing_secrets(current_schema())[0]
        return signing.dumps({"id": str(row.pk), "seal": self._seal(row, secret)}, key=secret, salt=self._salt())

    def found(self, token: str, *, within: timedelta | None = None) -> M | None:
        """The row that a token leads to, if it was made for the row as it is, and no longer ago than ``within``."""
        secrets = crypto.signing_secrets(current_schema())
        try:
            said = signing.loads(token, key=secrets[0], fallback_keys=[*secrets[1:]], salt=self._salt(), max_age=within)
        except signing.BadSignature:
            return None
        row = self.rows().filter(pk=said["id"]).first()
        if row is None or not any(hmac.compare_digest(self._seal(row, secret), said["seal"]) for secret in secrets):
            return None
        return row

    def _salt(self) -> str:
        return f"{self.salt}|{current_schema()}"

    def _seal(self, row: M, secret: bytes) -> str:
        return salted_hmac(self._salt(), f"{row.pk}|{self.said(row)}", secret=secret, algorithm="sha256").hexdigest()
