"""What is counted of keys of encryption."""

from prometheus_client import Counter, Gauge

USES = Counter("resimate_key_uses_total", "What keys were used for; told every few minutes", ["purpose", "use"])
OLDEST = Gauge(
    "resimate_oldest_active_key_seconds", "Age of the oldest active key", ["purpose"], multiprocess_mode="mostrecent"
)
LEFT = Gauge(
    "resimate_values_under_old_keys",
    "Values that a rotation has still to write anew, when last counted",
    multiprocess_mode="mostrecent",
)
