"""How the storage of files is asked: something is written, read and taken away again."""

import os
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from typing import Final

from apps.core.errors import Refused
from apps.core.parts import Answer, declare
from apps.files import storage

SECONDS: Final = 3.0
_asking: Final = ThreadPoolExecutor(1, thread_name_prefix="files-probe")


def _files() -> Answer:
    """One look at a time: while one hangs, the next waits behind it, and is late as well."""
    asked = _asking.submit(_tried)
    try:
        return asked.result(SECONDS)
    except TooSlow:
        asked.cancel()
        return Answer(f"does not answer within {SECONDS:.0f} seconds", is_well=False)


def _tried() -> Answer:
    place, probe = storage.new_place(storage.PROBED, "hot"), os.urandom(32)
    try:
        storage.put(place, [probe])
        with storage.opened(place) as found:
            given = found.read()
        storage.remove(place)
    except storage.StorageAway as away:
        return Answer(away.reason, is_well=False)
    except Refused as refusal:
        return Answer(refusal.detail, is_well=False)
    return Answer("writes and reads") if given == probe else Answer("gives something else back", is_well=False)


declare("files", _files, mend="check OBJECT_STORE_URL, or the folder `files` in RESIMATE_DATA_DIR", probed=True)
