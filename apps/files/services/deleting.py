"""Deleting files: the row first, and what lies in the storage once that is certain."""

import logging
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any

from django.db import models, transaction

from apps import audit
from apps.core.errors import Refused
from apps.core.locking import lock
from apps.files import storage
from apps.files.models import StoredFile
from resimate_text.sentences import Sentence

logger = logging.getLogger(__name__)


class FileKept(Refused):
    code = "file_kept"
    title = "The file is kept for a time"


@transaction.atomic
def delete(file: StoredFile, *, now: datetime, acting_user: Any = None, because: str = "") -> None:
    """Delete a file; ``because``, where nobody asked for it. One that has come to another state meanwhile stays.

    Where the storage is away just then, the sweep finds what is left.
    """
    if not lock(StoredFile.objects.filter(pk=file.pk, state=file.state)):
        return
    if file.state == StoredFile.State.THERE and (until := storage.kept_until(file.place, file.created_at)) > now:
        raise FileKept(
            Sentence("The file is kept until {until}, and cannot be deleted before.", until=f"{until:%Y-%m-%d}")
        )
    details = {"kind": file.kind, "size": file.size} | ({"because": because} if because else {})
    audit.record("stored_file.deleted", target=file, actor=acting_user, now=now, details=details)
    remove_after_commit([file.place, *file.pieces.values_list("place", flat=True)])
    StoredFile.objects.filter(pk=file.pk).delete()


def delete_all_of(owner: models.Model, *, now: datetime, acting_user: Any = None) -> int:
    """Delete the files of something that is deleted; returns how many there were."""
    files = StoredFile.objects.filter(owner_type=owner._meta.label_lower, owner_id=str(owner.pk)).order_by("pk")
    for file in files:
        delete(file, now=now, acting_user=acting_user)
    return len(files)


def remove_after_commit(places: Iterable[str]) -> None:
    """Take them out of the storage once it is certain that nobody names them any longer."""
    for place in places:
        transaction.on_commit(partial(remove, place))


def remove(place: str) -> None:
    try:
        storage.remove(place)
    except Refused:
        logger.warning("what is left of a deleted file stays until the sweep")
