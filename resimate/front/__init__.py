"""The front door: takes requests in on one event loop, and hands only whole ones to Django's threads (docs/adr/0016).

``door``      what granian calls: health, hosts, admission      ``exchange``  one request and its answer
``intake``    bodies: size, time, rate, room for all of them    ``threads``   the bounded pool behind a bounded queue
"""

import gc
from typing import Any


def door() -> Any:
    """Make the application, for ``granian --interface rsgi --factory resimate.front:door``."""
    gc.disable()  # hardly anything of what is loaded now is garbage, and looking for it took a third of the start
    from resimate import wsgi  # sets Django up, and stops what is unfit to serve
    from resimate.front.door import Door

    # What is here now stays: looking through it for garbage again and again would stop every thread.
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()
    return Door(wsgi.application)
