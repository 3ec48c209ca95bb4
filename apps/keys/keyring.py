"""The keys of tenants, unwrapped: a process remembers them for five minutes at the most, and then looks again.

While the provider is away, or a key-encryption key is lost, what is remembered goes on until then; afterwards that
tenant alone is answered that its keys are away, and the provider is asked again every few seconds.
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from apps.core.crypto import Key, KeyAway, Undecryptable
from apps.core.memory import SECONDS, forgets
from apps.keys import providers
from apps.keys.models import DataKey

logger = logging.getLogger(__name__)

#: How long unwrapped keys are remembered; what another process made active or destroyed is noticed by then.
UNWRAPPED_FOR: Final = 300.0


@dataclass(frozen=True, slots=True)
class Ring:
    """The keys of one tenant that could be had, and for each purpose the version of the one to write under.

    ``problem`` is why some could not be had, and ``again_at`` when it may be asked for them again.
    """

    until: float
    keys: Mapping[tuple[str, int], Key]
    active: Mapping[str, Key]
    problem: str = ""
    again_at: float = 0.0


class StoredKeyring:
    def __init__(self) -> None:
        self._rings: dict[str, Ring] = {}

    def forget(self, schema: str | None = None) -> None:
        """Forget the keys of one tenant, or of all."""
        if schema is None:
            self._rings.clear()
        else:
            self._rings.pop(schema, None)

    def active(self, schema: str, purpose: str) -> Key:
        ring = self._ring(schema)
        key = ring.active.get(purpose)
        if key is None:
            raise KeyAway(ring.problem or f"{schema} has no key; `manage.py migrate_tenants` makes one")
        return key

    def version(self, schema: str, purpose: str, number: int) -> Key:
        ring = self._ring(schema)
        key = ring.keys.get((purpose, number))
        if key is None and ring.again_at <= time.monotonic():  # somebody else may have made it a moment ago
            ring = self._load(schema, ring)
            key = ring.keys.get((purpose, number))
        if key is None and ring.problem:
            raise KeyAway(ring.problem)
        if key is None:
            raise Undecryptable(f"there is no key of version {number}, or none any more")
        return key

    def _ring(self, schema: str) -> Ring:
        ring = self._rings.get(schema)
        if ring is not None and ring.until > time.monotonic():
            return ring
        return self._load(schema)

    def _load(self, schema: str, known: Ring | None = None) -> Ring:
        """Look at the table. What is ``known`` is not unwrapped again, and does not live longer for that."""
        keys: dict[tuple[str, int], Key] = {}
        active: dict[str, Key] = {}
        problems: list[str] = []
        away: set[str] = set()  # whoever does not answer is not asked for each version
        for row in DataKey.objects.filter(tenant=schema).usable():
            key = known.keys.get((row.purpose, row.version)) if known else None
            if key is None and row.provider in away:
                continue
            try:
                key = key or unwrapped(row)
            except (providers.Unavailable, providers.Lost) as error:
                problems.append(f"{row} cannot be unwrapped: {error}")
                away |= {row.provider} if isinstance(error, providers.Unavailable) else set()
                continue
            keys[row.purpose, row.version] = key
            if row.state == DataKey.State.ACTIVE:
                active[row.purpose] = key
        if problems:
            logger.error("keys of a tenant cannot be had: %s", problems[0], extra={"action": f"unwrap {schema}"})
        now = time.monotonic()  # asking may have taken long
        is_whole = not problems and len(active) == len(DataKey.Purpose)
        until = known.until if known else now + (UNWRAPPED_FOR if is_whole else SECONDS)
        ring = Ring(until, keys, active, *((problems[0], now + SECONDS) if problems else ()))
        self._rings = {name: one for name, one in self._rings.items() if one.until > now} | {schema: ring}
        return ring


def unwrapped(row: DataKey) -> Key:
    """Ask the provider that wrapped it. Raises ``providers.Unavailable`` or ``providers.Lost``."""
    return Key(row.version, providers.named(row.provider).unwrap(bytes(row.wrapped), row.place))


KEYRING: Final = StoredKeyring()
forgets(KEYRING.forget)
