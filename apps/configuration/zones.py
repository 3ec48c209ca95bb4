"""The time zone in which a tenant's times are shown and typed."""

from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from apps.configuration import services
from resimate_text.nearest import nearest
from resimate_text.sentences import Sentence

KEY: Final = "time_zone"


#: Listed beside the zones, and none: what the machine happens to be set to, and what nobody has set yet.
NO_PLACES: Final = frozenset({"localtime", "Factory"})


@lru_cache(maxsize=1)
def known() -> frozenset[str]:
    return frozenset(available_timezones()) - NO_PLACES


def problem_with(zone: Any) -> str | None:
    if zone in known():
        return None
    written = str(zone)[:60]
    if meant := nearest(written, known()):
        return Sentence("There is no time zone {zone!r}. Did you mean {names}?", zone=written, names=", ".join(meant))
    return Sentence("There is no time zone {zone!r}.", zone=written)


def of_tenant() -> ZoneInfo:
    return ZoneInfo(services.get(KEY))


def named(zone: str) -> ZoneInfo:
    """The zone of that name; the tenant's when there is no such one."""
    return ZoneInfo(zone) if zone in known() else of_tenant()
