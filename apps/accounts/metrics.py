"""What is counted of signing in, and of what people are let in by."""

from prometheus_client import Counter

SIGN_INS = Counter("resimate_sign_ins_total", "Attempts to sign in", ["outcome"])
PERMITTED = Counter("resimate_permissions_used_total", "Requests and jobs that were let do this", ["permission"])
