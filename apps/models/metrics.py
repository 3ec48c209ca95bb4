"""What is counted and timed of scores."""

from prometheus_client import Counter, Histogram

SCORES = Counter("resimate_scores_total", "Scores calculated", ["outcome"])
SCORE_SECONDS = Histogram(
    "resimate_score_seconds",
    "Time to score and store one assessment",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1),
)
VERIFICATIONS = Counter("resimate_version_verifications_total", "Golden vectors calculated again", ["outcome"])
