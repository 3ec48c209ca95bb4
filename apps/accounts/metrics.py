"""What is counted of signing in."""

from prometheus_client import Counter

SIGN_INS = Counter("resimate_sign_ins_total", "Attempts to sign in", ["outcome"])
