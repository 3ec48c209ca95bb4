"""The secrets that an overlay reads: what is there stays, what nobody has to know is made, the rest is asked for."""

import base64
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from urllib.parse import urlsplit

from resimate.vaults.asked import Asked

Values = dict[str, dict[str, str]]

OWNER, APPLICATION, CACHE_USER = "resimate_owner", "resimate_app", "resimate"
#: How the cluster calls the database and the cache that are its own (k8s/components).
DATABASE: Final = "resimate-database-rw.resimate.svc:5432/resimate"
CACHE: Final = "resimate-cache.resimate.svc:6379/0"
VERIFIED: Final = "sslmode=verify-full&sslrootcert=/run/secrets/resimate/DATABASE_CA"
CACHE_VERIFIED: Final = "ssl_cert_reqs=required&ssl_ca_certs=/run/secrets/resimate/REDIS_CA"
#: What is asked for, as it has to look.
LOOKS: Final = {
    "DATABASE_URL": f"postgresql://{APPLICATION}:PASSWORD@HOST:5432/resimate?{VERIFIED}",
    "DATABASE_OWNER_URL": f"postgresql://{OWNER}:PASSWORD@HOST:5432/resimate?{VERIFIED}",
    "REDIS_URL": f"rediss://USER:PASSWORD@HOST:6379/0?{CACHE_VERIFIED}",
    "EMAIL_URL": "smtp+tls://USER:PASSWORD@HOST:587",
    "OBJECT_STORE_URL": "s3://KEY:SECRET@HOST/BUCKET",
    "OBJECT_STORE_CREDENTIALS": "the account's key, as JSON",
    "DATABASE_CA": "the certificates of its authority, PEM",
    "REDIS_CA": "the certificates of its authority, PEM",
    "VAULT_CACERT": "the certificates of the vault's own authority, PEM",
    "ACCESS_KEY": "of the bucket of backups",
    "SECRET_KEY": "of the bucket of backups",
    "TSIG": "the key by which certificates are proved in the DNS",
}


@dataclass
class Secrets:
    """``known`` are those that are in the vault, and beside them what was said; ``authority`` is that of its engine."""

    asked: Asked
    known: Values
    authority: Callable[[], str]

    def lacking(self) -> list[str]:
        """What is neither known nor can be made, as ``path#FIELD``."""
        return [
            f"{path}#{name}"
            for path, names in self.asked.secrets.items()
            for name in names
            if not self._known(path, name) and (path, name) not in self._makes
        ]

    def complete(self) -> Values:
        """Every field that the overlay reads."""
        return {
            path: {name: self._known(path, name) or self._makes[path, name]() for name in names}
            for path, names in self.asked.secrets.items()
        }

    def _known(self, path: str, name: str) -> str:
        return self.known.get(path, {}).get(name, "")

    @cached_property
    def _makes(self) -> Mapping[tuple[str, str], Callable[[], str]]:
        made: dict[tuple[str, str], Callable[[], str]] = {
            ("resimate/runtime", "SECRET_KEY"): lambda: secrets.token_urlsafe(48),
            ("resimate/runtime", "ENCRYPTION_KEY"): lambda: base64.b64encode(secrets.token_bytes(32)).decode(),
        }
        if "resimate/database" in self.asked.secrets:
            made |= self._of_the_database()
        if "resimate/cache" in self.asked.secrets:
            made |= self._of_the_cache()
        return made

    def _of_the_database(self) -> dict[tuple[str, str], Callable[[], str]]:
        def address(user: str, password: str) -> str:
            return f"postgresql://{user}:{password}@{DATABASE}?{VERIFIED}"

        owner = self._known("resimate/database", "OWNER_PASSWORD") or _password()
        application = self._known("resimate/database", "APP_PASSWORD") or _password()
        return {
            ("resimate/database", "OWNER"): lambda: OWNER,
            ("resimate/database", "OWNER_PASSWORD"): lambda: owner,
            ("resimate/database", "APP"): lambda: APPLICATION,
            ("resimate/database", "APP_PASSWORD"): lambda: application,
            ("resimate/runtime", "DATABASE_URL"): lambda: address(APPLICATION, application),
            ("resimate/runtime", "DATABASE_CA"): self.authority,
            ("resimate/owner", "DATABASE_OWNER_URL"): lambda: address(OWNER, owner),
        }

    def _of_the_cache(self) -> dict[tuple[str, str], Callable[[], str]]:
        password = self._password_of_the_cache() or _password()
        acl = f"user default off\nuser {CACHE_USER} on >{password} ~* &* +@all -@dangerous +info +keys\n"
        return {
            ("resimate/cache", "USERS_ACL"): lambda: acl,
            ("resimate/runtime", "REDIS_URL"): lambda: f"rediss://{CACHE_USER}:{password}@{CACHE}?{CACHE_VERIFIED}",
            ("resimate/runtime", "REDIS_CA"): self.authority,
        }

    def _password_of_the_cache(self) -> str:
        said = re.search(rf"^user {CACHE_USER} .*?>(\S+)", self._known("resimate/cache", "USERS_ACL"), re.MULTILINE)
        return said[1] if said else urlsplit(self._known("resimate/runtime", "REDIS_URL")).password or ""


def _password() -> str:
    return secrets.token_urlsafe(32)
