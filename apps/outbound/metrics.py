"""What is counted and timed of calls to others."""

from prometheus_client import Counter, Histogram

CALLS = Counter("resimate_outbound_calls_total", "Calls to addresses outside", ["purpose", "outcome"])
CALL_SECONDS = Histogram(
    "resimate_outbound_call_seconds",
    "Time for a call to an address outside",
    ["purpose"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30),
)
TURNS = Counter("resimate_outbound_turns_total", "Destinations that were shut and opened again", ["purpose", "turn"])
