"""What people keep beside their work, whatever it is about."""

from apps.files.contents import CSV, JPEG, JSON, PDF, PLAIN, PNG, WORKBOOK
from apps.files.kinds import declare

ATTACHMENT = declare(
    "attachment",
    "What belongs to the work: a report, a table, a picture.",
    types={CSV, JSON, JPEG, PDF, PLAIN, PNG, WORKBOOK},
    most_mb=1024,  # in pieces; in one request there is at most DATA_UPLOAD_MAX_MEMORY_SIZE
    by_api=True,
)
