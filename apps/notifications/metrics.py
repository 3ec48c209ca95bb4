"""What is counted of messages."""

from prometheus_client import Counter

MESSAGES = Counter("resimate_messages_total", "Messages handed over", ["channel", "outcome"])
