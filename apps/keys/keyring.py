"""The keys of tenants, unwrapped: a process remembers them for five minutes at the most, and then looks again.

While the provider is away, or a key-encryption key is lost, what is remembered goes on until then; afterwards that
tenant alone is answered that its keys are away, and the provider is asked again every few seconds.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.utils import timezone

from apps.core import crypto
from apps.core.crypto import IndexKeys, Key, KeyAway, Undecryptable
from apps.core.memory import SECONDS, forgets
from apps.keys import providers
from apps.keys.metrics import USES
from apps.keys.models import DataKey

logger = logging.getLogger(__name__)

#: How long unwrapped keys are remembered; what another process made active or destroyed is noticed by then.
UNWRAPPED_FOR: Final = 300.0
#: How old a key is before it signs: by then each process knows it, so that none refuses what another has signed.
SIGNS_FROM: Final = timedelta(seconds=UNWRAPPED_FOR + 60)


@dataclass(frozen=True, slots=True)
class Ring:
    """The keys of one tenant that could be had, and for each purpose the one to write under; ``signing``: it is first.

    ``problem`` is why some could not be had, and ``again_at`` when it may be asked for them again.
    """

    until: float
    keys: Mapping[tuple[str, int], Key]
    active: Mapping[str, Key]
    signing: Sequence[Key] = ()
    indexing: IndexKeys | None = None
    problem: str = ""
    again_at: float = 0.0


class StoredKeyring:
    def __init__(self) -> None:
        self._rings: dict[str, Ring] = {}
        self._uses: defaultdict[tuple[str, str], int] = defaultdict(int)

    def forget(self, schema: str | None = None) -> None:
        """Forget the keys of one tenant, or of all."""
        if schema is None:
            self._rings.clear()
        else:
            self._rings.pop(schema, None)

    def active(self, schema: str, purpose: str) -> Key:
        self._uses[purpose, "write"] += 1
        ring = self._ring(schema)
        key = ring.active.get(purpose)
        if key is None:
            raise KeyAway(ring.problem or f"{schema} has no key; `manage.py migrate_tenants` makes one")
        return key

    def version(self, schema: str, purpose: str, number: int) -> Key:
        self._uses[purpose, "read"] += 1
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

    def signing(self, schema: str) -> Sequence[Key]:
        self._uses[crypto.SIGNING, "sign or verify"] += 1
        ring = self._ring(schema)
        if not ring.signing:
            raise KeyAway(ring.problem or f"{schema} has no key to sign with; `manage.py migrate_tenants` makes one")
        return ring.signing

    def indexing(self, schema: str) -> IndexKeys:
        self._uses[crypto.INDEX, "write"] += 1
        ring = self._ring(schema)
        if ring.indexing is None:
            raise KeyAway(ring.problem or f"{schema} has no key of digests; `manage.py migrate_tenants` makes one")
        return ring.indexing

    def _ring(self, schema: str) -> Ring:
        ring = self._rings.get(schema)
        if ring is not None and ring.until > time.monotonic():
            return ring
        return self._load(schema)

    def _load(self, schema: str, known: Ring | None = None) -> Ring:
        """Look at the table, and tell what keys were used for.

        What is ``known`` is not unwrapped again, and does not live longer for that.
        """
        self._tell_uses()
        keys: dict[tuple[str, int], Key] = {}
        active: dict[str, Key] = {}
        problems: list[str] = []
        away: set[str] = set()  # whoever does not answer is not asked for each version
        rows = list(DataKey.objects.filter(tenant=schema).usable())
        for row in rows:
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
        signing = _signing([row for row in rows if row.purpose == DataKey.Purpose.SIGNING], keys, away)
        indexing = _indexing([row for row in rows if row.purpose == DataKey.Purpose.INDEX], keys)
        ring = Ring(until, keys, active, signing, indexing, *((problems[0], now + SECONDS) if problems else ()))
        self._rings = {name: one for name, one in self._rings.items() if one.until > now} | {schema: ring}
        return ring

    def _tell_uses(self) -> None:
        """So seldom that it costs a reader of one field nothing; a few may be lost to threads at the same moment."""
        uses, self._uses = self._uses, defaultdict(int)
        for (purpose, use), times in list(uses.items()):
            USES.labels(purpose, use).inc(times)


def _signing(rows: Sequence[DataKey], keys: Mapping[tuple[str, int], Key], away: Collection[str]) -> Sequence[Key]:
    """The keys that verify, and before them the one that signs: the newest that all processes know, or the oldest.

    None while one of them is away: a link that is good would be refused. One that is lost stays so, and is passed over.
    """
    if any(row.provider in away for row in rows):
        return ()
    known = sorted((row for row in rows if (row.purpose, row.version) in keys), key=lambda row: -row.version)
    settled = timezone.now() - SIGNS_FROM
    signers = [row for row in known if row.created_at <= settled] or known[::-1]
    return [keys[row.purpose, row.version] for row in dict.fromkeys((*signers[:1], *known))]


def _indexing(rows: Sequence[DataKey], keys: Mapping[tuple[str, int], Key]) -> IndexKeys | None:
    """None while one of those that are written is away, or lost: who is stored without a digest would not be found."""
    key_of = {row: keys.get((row.purpose, row.version)) for row in sorted(rows, key=lambda row: -row.version)}
    written = {row.slot: key for row, key in key_of.items() if row.state in DataKey.WRITTEN}
    asked = [row.slot for row in rows if row.state == DataKey.State.ACTIVE]
    had = {slot: key for slot, key in written.items() if key is not None}
    if not asked or had.keys() != written.keys():
        return None
    return IndexKeys(had, asked[0], [key for key in key_of.values() if key is not None])


def unwrapped(row: DataKey) -> Key:
    """Ask the provider that wrapped it. Raises ``providers.Unavailable`` or ``providers.Lost``."""
    return Key(row.version, providers.named(row.provider).unwrap(bytes(row.wrapped), row.place))


KEYRING: Final = StoredKeyring()
forgets(KEYRING.forget)
