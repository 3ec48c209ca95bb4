"""Prometheus metrics of every process; the management port serves them together (MON-001)."""

from prometheus_client import Counter, Histogram

REQUESTS = Counter("resimate_http_requests_total", "Requests answered", ["method", "view", "status"])
REQUEST_SECONDS = Histogram(
    "resimate_http_request_seconds",
    "Time to answer a request",
    ["view"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5),
)
EVENTS_DELIVERED = Counter("resimate_event_deliveries_total", "Deliveries tried", ["subscriber", "outcome"])
SCORES = Counter("resimate_scores_total", "Scores calculated", ["outcome"])
SCORE_SECONDS = Histogram(
    "resimate_score_seconds",
    "Time to load, score and store one assessment",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1),
)
VERIFICATIONS = Counter("resimate_version_verifications_total", "Golden vectors calculated again", ["outcome"])
MESSAGES = Counter("resimate_messages_total", "Messages handed over", ["channel", "outcome"])
SIGN_INS = Counter("resimate_sign_ins_total", "Attempts to sign in", ["outcome"])
