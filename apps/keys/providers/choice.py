"""Which provider wraps new keys, which has wrapped an old one, and where secrets are that are no keys."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings

from apps.core.memory import forgets
from apps.keys.providers.base import Lost, NoOwnKey, Provider, Unavailable
from apps.keys.providers.local import LocalKeyring

if TYPE_CHECKING:
    from apps.keys.providers.secrets import Secrets

#: So many are remembered: the installation's, and those of tenants that have keys of their own.
REMEMBERED: Final = 1000
#: A key of AWS KMS. What it is called otherwise, an alias, may be another key tomorrow.
ARN: Final = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of provider, made for one of its keys; ``ours`` says which one is the installation's.

    ``others`` is how those are called that may be a tenant's own; without it the kind has one key, whatever its name.
    """

    make: Callable[[str], Provider]
    ours: Callable[[], str] = str
    others: re.Pattern[str] | None = None


def _local(_which: str) -> Provider:
    return LocalKeyring(settings.ENCRYPTION_KEY)


def _vault(which: str) -> Provider:
    from apps.keys.providers.transit import Transit  # its client comes with the extra `vault`
    from apps.keys.providers.vault import Server

    if not settings.VAULT["address"]:
        raise Unavailable(f"vault:{which} cannot be asked: VAULT_ADDR is not set")
    return Transit(Server(**settings.VAULT | {"key": which}))


def _hsm(_which: str) -> Provider:
    from apps.keys.providers.hsm import Hsm, Token  # its client comes with the extra `pkcs11`

    return Hsm(Token(**settings.PKCS11))


def _kms(which: str) -> Provider:
    from apps.keys.providers.kms import Account, Kms  # its client is large, and imported when it is used

    if not ARN.fullmatch(which):
        raise Unavailable(f"aws-kms:{which} cannot be asked: KMS_KEY is not the ARN of a key")
    if not (settings.KMS["access_key"] and settings.KMS["secret_key"]):
        raise Unavailable(f"aws-kms:{which} cannot be asked: KMS_ACCESS_KEY and KMS_SECRET_KEY are not set")
    return Kms(Account(**settings.KMS | {"key": which}))


#: By the first part of their names.
KINDS: Final[dict[str, Kind]] = {
    "local": Kind(_local),
    "vault": Kind(_vault, lambda: str(settings.VAULT["key"]), re.compile(r"\w[\w-]*(/\w[\w.-]*)+", re.ASCII)),
    "pkcs11": Kind(_hsm),
    "aws-kms": Kind(_kms, lambda: str(settings.KMS["key"]), ARN),
}


@lru_cache(maxsize=REMEMBERED)
def _made(kind: str, which: str) -> Provider:
    try:
        return KINDS[kind].make(which)
    except ImportError as error:
        raise Unavailable(f"{kind}:{which} cannot be asked: its client is not installed ({error})") from error


forgets(_made.cache_clear)


def current() -> Provider:
    """The one that wraps new keys of whoever has no key of their own. Raises ``Unavailable``."""
    kind = settings.ENCRYPTION_PROVIDER
    return _made(kind, KINDS[kind].ours())


def named(name: str) -> Provider:
    """The one that wrapped what is stored with this name.

    Raises ``Lost`` when this installation knows it no more, and ``Unavailable``.
    """
    kind, _, which = name.partition(":")
    if kind not in KINDS:
        raise Lost(f"{name} wrapped it, which this installation does not know")
    return _made(kind, which if KINDS[kind].others else KINDS[kind].ours())


def own(name: str) -> Provider:
    """The one of that name, for a tenant to have as its own. Raises ``NoOwnKey`` and ``Unavailable``."""
    kind, _, which = name.partition(":")
    pattern = KINDS[kind].others if kind in KINDS else None
    if pattern is None:
        there = ", ".join(one for one in KINDS if KINDS[one].others)
        raise NoOwnKey(f"a tenant's own key is of one of these kinds: {there}; and called, say, vault:transit/acme")
    if not pattern.fullmatch(which):
        raise NoOwnKey(f"no key of {kind} is called so")
    return _made(kind, which)


@lru_cache(maxsize=1)
def _secrets() -> "Secrets":
    from apps.keys.providers.secrets import Secrets  # its client comes with the extra `vault`
    from apps.keys.providers.vault import Server

    return Secrets(Server(**settings.VAULT))


forgets(_secrets.cache_clear)


def secret(path: str, field: str) -> Any:
    """What stands in the field of a secret of KV (version 2), ``mount/data/…``; raises ``Unavailable`` or ``Lost``.

    Whoever wraps the keys, it is in the Vault or OpenBao that ``VAULT_ADDR`` names.
    """
    if not settings.VAULT["address"]:
        raise Unavailable("VAULT_ADDR is not set")
    try:
        secrets = _secrets()
    except ImportError as error:
        raise Unavailable("its client is not installed: the extra `vault` brings it") from error
    return secrets.read(path, field)
