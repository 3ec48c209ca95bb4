"""Which provider wraps new keys, and which has wrapped an old one."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from django.conf import settings

from apps.core.memory import forgets
from apps.keys.providers.base import Lost, Provider
from apps.keys.providers.local import LocalKeyring


def _local() -> Provider:
    return LocalKeyring(settings.ENCRYPTION_KEY)


def _vault() -> Provider:
    from apps.keys.providers.transit import Server, Transit  # its client comes with the extra `vault`

    return Transit(Server(**settings.VAULT))


def _hsm() -> Provider:
    from apps.keys.providers.hsm import Hsm, Token  # its client comes with the extra `pkcs11`

    return Hsm(Token(**settings.PKCS11))


#: By the first part of their names.
KINDS: Final[dict[str, Callable[[], Provider]]] = {"local": _local, "vault": _vault, "pkcs11": _hsm}


@lru_cache(maxsize=len(KINDS))
def _of_kind(kind: str) -> Provider:
    return KINDS[kind]()


forgets(_of_kind.cache_clear)


def current() -> Provider:
    """The one that wraps new keys."""
    return _of_kind(settings.ENCRYPTION_PROVIDER)


def named(name: str) -> Provider:
    """The one that wrapped what is stored with this name; raises ``Lost`` when this installation has it no more."""
    kind = name.partition(":")[0]
    if kind not in KINDS:
        raise Lost(f"{name} wrapped it, which this installation does not know")
    return _of_kind(kind)
