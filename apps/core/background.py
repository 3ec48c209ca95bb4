"""What a process does beside its work, every few seconds."""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from django.db import connections

logger = logging.getLogger(__name__)


def every(seconds: float, do: Callable[..., object], *arguments: object) -> None:
    """Do it again and again, in a thread that ends with the process; what fails is logged and tried again."""
    threading.Thread(target=_repeat, args=(seconds, do, arguments), name=do.__name__, daemon=True).start()


def _repeat(seconds: float, do: Callable[..., object], arguments: Sequence[object]) -> None:
    while True:
        _once(do, arguments)
        time.sleep(seconds)


def _once(do: Callable[..., object], arguments: Sequence[object]) -> None:
    try:
        do(*arguments)
    except Exception:  # the database may be away; the next time it may be there
        logger.exception("background work failed", extra={"action": do.__name__})
    finally:
        connections.close_all()
