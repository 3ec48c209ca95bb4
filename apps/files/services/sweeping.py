"""Looking after the storage: what nobody knows of, what never arrived, what is over, and what is gone."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from django.db.models import QuerySet

from apps.core.tenancy import current_schema
from apps.files import storage
from apps.files.models import GIVEN_UP, Piece, StoredFile
from apps.files.services.deleting import FileKept, delete

logger = logging.getLogger(__name__)

#: What is younger may just be coming, or going.
GRACE: Final = timedelta(hours=1)
LOOKED_AT_ONCE: Final = 500
Asking = Callable[[StoredFile], None]


@dataclass(slots=True)
class Swept:
    """Numbers, and by their ids the files whose content is gone: they stay, for somebody to see."""

    orphans: int = 0
    unfinished: int = 0
    expired: int = 0
    lost: list[str] = field(default_factory=list)


def sweep(*, now: datetime, dry_run: bool = False) -> Swept:
    """Look after the files of the tenant. Safe to run twice, or to be killed. Raises ``StorageAway``."""
    swept = Swept()
    swept.unfinished = _delete_all(_given_up(now), "given up", now=now, dry_run=dry_run)
    swept.expired = _delete_all(StoredFile.objects.filter(expires_at__lte=now), "over", now=now, dry_run=dry_run)
    if not dry_run:
        storage.drop_unfinished(current_schema(), now - GIVEN_UP)
    swept.orphans = sum(_remove_orphan(place, dry_run) for place in _orphans(now))
    swept.lost = [
        str(file.pk) for file in StoredFile.objects.there().iterator(LOOKED_AT_ONCE) if not storage.is_there(file.place)
    ]
    if swept.lost:
        logger.error("files are gone from the storage", extra={"count": len(swept.lost)})
    return swept


def _given_up(now: datetime) -> QuerySet[StoredFile]:
    return StoredFile.objects.exclude(state=StoredFile.State.THERE).filter(created_at__lt=now - GIVEN_UP)


def _delete_all(files: QuerySet[StoredFile], why: str, *, now: datetime, dry_run: bool) -> int:
    if dry_run:
        return files.count()
    count = 0
    for file in files.iterator(LOOKED_AT_ONCE):
        try:
            delete(file, now=now, because=why)
        except FileKept:
            continue  # it is over, and goes when its storage lets it
        count += 1
    return count


def _orphans(now: datetime) -> Iterator[str]:
    """What lies there, is older than the grace, and belongs to no file and no piece of one."""
    found = storage.places(current_schema())
    while batch := list(islice(found, LOOKED_AT_ONCE)):
        known = {
            place
            for model in (StoredFile, Piece)
            for place in model._default_manager.filter(place__in=batch).values_list("place", flat=True)
        }
        yield from (place for place in batch if place not in known and _is_old(place, now))


def _is_old(place: str, now: datetime) -> bool:
    try:
        return storage.kept_until(place, storage.written_at(place)) < now - GRACE
    except storage.FileGone:
        return False  # somebody else took it away meanwhile


def _remove_orphan(place: str, dry_run: bool) -> int:
    if not dry_run:
        storage.remove(place)
    return 1
