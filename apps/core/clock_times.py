"""Moments as people read them: in the zone that is active, which is named, in one format everywhere."""

from datetime import UTC, datetime, tzinfo

from django.utils import dateformat, timezone
from django.utils.translation import gettext


def local(moment: datetime) -> datetime:
    """The moment in the active zone; as it is where the calendar ends before that."""
    try:
        return moment.astimezone(timezone.get_current_timezone())
    except OverflowError:
        return moment


def long(moment: datetime) -> str:
    """``11 December 2026, 18:00 CET``."""
    return _written(moment, gettext("j F Y, H:i"))


def short(moment: datetime) -> str:
    """``11 Dec 2026, 18:00 CET``."""
    return _written(moment, gettext("j M Y, H:i"))


def _written(moment: datetime, form: str) -> str:
    here = local(moment)
    return f"{dateformat.format(here.replace(tzinfo=None), form)} {zone_at(here)}"


def zone_at(moment: datetime) -> str:
    """The zone's abbreviation, or its distance from UTC where it has none."""
    name = moment.tzname() or "UTC"
    return name if name.isalpha() else f"UTC{moment.isoformat()[-6:]}"


def zone_name() -> str:
    """The name of the active zone, as people know it."""
    return str(timezone.get_current_timezone_name()).replace("_", " ")


def is_skipped(naive: datetime, zone: tzinfo) -> bool:
    """Whether clocks never show this time, because they go forward over it; at the calendar's ends they show all."""
    moment = naive.replace(tzinfo=zone)
    try:
        return moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != naive
    except OverflowError:
        return False
