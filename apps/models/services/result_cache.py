"""Results of calculations that were made before, by the digest of their input: in Redis, and in the runs that are kept.

The same digest promises the same result, so nothing here ever goes stale. Without Redis the database answers; what
Redis has forgotten is calculated, which takes no longer than to look for it among all runs.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from django.core.cache import cache

import resimate_engine as engine
from apps.core import degraded
from apps.models.models import ScoreRun

Key = tuple[str, str]  # the input's digest, which takes in the model's and the engine's version; and the unit's id
PARTS: Final = ("id", "score", "reason", "band", "coverage", "nodes")
COLUMNS: Final[tuple[str, ...]] = ("input_digest", "unit", "score", "reason", "band", "coverage", "nodes")
SECONDS: Final = 24 * 3600


def look_up(keys: Collection[Key]) -> dict[Key, engine.UnitResult]:
    """Return the results that the cache holds."""
    return degraded.with_redis(
        lambda: _from_redis(keys), lambda: dict(_from_runs(keys)), "results come from the database"
    )


def store(results: Mapping[Key, engine.UnitResult]) -> None:
    """Keep results for a day. Redis may be away: then nothing is lost but time."""
    degraded.with_redis(lambda: _keep(results), lambda: None, "results are not kept at hand")


def _keep(results: Mapping[Key, engine.UnitResult]) -> None:
    kept = {_name(key): {part: result[part] for part in PARTS} for key, result in results.items()}  # type: ignore[literal-required]  # its parts are named by the caller
    cache.set_many(kept, SECONDS)


def _from_redis(keys: Collection[Key]) -> dict[Key, engine.UnitResult]:
    found: dict[str, Any] = cache.get_many([_name(key) for key in keys])
    return {key: known for key in keys if (known := found.get(_name(key)))}


def _from_runs(keys: Collection[Key]) -> Iterator[tuple[Key, Any]]:
    whole = ScoreRun.objects.filter(disclosed__isnull=True)  # a release may withhold a part of its result
    runs = whole.filter(input_digest__in={digest for digest, _ in keys}, unit__in={unit for _, unit in keys})
    first = runs.order_by("input_digest", "unit", "pk").distinct("input_digest", "unit").with_nodes()
    for run in first.values(*COLUMNS):
        key = run["input_digest"], run["unit"]
        if key in keys:
            texts = {part: run[part] or None for part in ("reason", "band")}
            yield key, {**run, **texts, "id": run["unit"], "nodes": run["nodes"] or {}}


def _name(key: Key) -> str:
    """Units are called as somebody likes, and Django warns of a key with a space in it."""
    return "result:" + ":".join(quote(part) for part in key)
