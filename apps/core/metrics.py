"""Prometheus metrics of every process; the management port serves them together (MON-001).

What an app counts of its own nouns stands in its ``metrics.py``, which is found when the apps are ready.
"""

import os
from pathlib import Path

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("resimate_http_requests_total", "Requests answered", ["method", "view", "status"])
REQUEST_SECONDS = Histogram(
    "resimate_http_request_seconds",
    "Time to answer a request",
    ["view"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5),
)
EVENTS_DELIVERED = Counter("resimate_event_deliveries_total", "Deliveries tried", ["subscriber", "outcome"])

# The front door: how far the threads and the room for bodies are used up.
THREADS_BUSY = Gauge("resimate_web_threads_busy", "Threads that work on a request", multiprocess_mode="livesum")
THREADS = Gauge("resimate_web_threads", "Threads that there are", multiprocess_mode="livesum")
WAITING = Gauge("resimate_web_queue_requests", "Requests that wait for a thread", multiprocess_mode="livesum")
OLDEST_WAITS = Gauge(
    "resimate_web_oldest_request_seconds", "Age of the oldest request under way", multiprocess_mode="livemax"
)
BODIES = Gauge("resimate_web_bodies", "Bodies that are received or worked on", multiprocess_mode="livesum")
BODY_BYTES = Gauge("resimate_web_body_bytes", "Bytes of these bodies", multiprocess_mode="livesum")
WAITED = Histogram(
    "resimate_web_queue_seconds",
    "Time that a request waited for a thread",
    buckets=(0.001, 0.005, 0.02, 0.1, 0.5, 1, 5, 15),
)
REFUSED = Counter("resimate_web_refusals_total", "Requests that reached no thread", ["reason"])
ABANDONED = Counter("resimate_web_abandoned_total", "Requests whose client went before the answer")

# The outbox, as the workers see it.
OUTBOX = Gauge("resimate_outbox_deliveries", "Deliveries by state", ["state"], multiprocess_mode="mostrecent")
WAITING_IN_QUEUE = Gauge(
    "resimate_queue_deliveries",
    "Deliveries that are due, by the queue whose workers take them",
    ["queue"],
    multiprocess_mode="mostrecent",
)
OUTBOX_AGE = Gauge(
    "resimate_outbox_oldest_seconds", "How long the oldest delivery has been due", multiprocess_mode="mostrecent"
)

#: Every part that is probed, whatever app declares it: what an alert on any of them watches.
PART_UP = Gauge("resimate_part_up", "Whether a part of the service is well", ["part"], multiprocess_mode="mostrecent")


def forget_the_dead() -> None:
    """What a killed process said last of itself is no longer so."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    for path in Path(folder).glob("gauge_live*_*.db") if folder else ():
        if not Path("/proc", path.stem.rpartition("_")[2]).exists() and Path("/proc").is_dir():
            path.unlink(missing_ok=True)
