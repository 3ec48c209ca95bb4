"""How large a file may be, in bytes, and a list. A whole request: ``DATA_UPLOAD_MAX_MEMORY_SIZE`` in the settings."""

from typing import Final

MEGABYTE: Final = 1024 * 1024
#: A list of people or of judgements.
LARGEST_FILE: Final = 2 * MEGABYTE
LARGEST_DOCUMENT: Final = 5 * MEGABYTE
#: Models and data from elsewhere: all files together; fewer by a page, which sends them along until it is confirmed.
LARGEST_EXCHANGE: Final = 20 * MEGABYTE
LARGEST_EXCHANGE_BY_PAGE: Final = 10 * MEGABYTE
LARGEST_REFERENCE_SET: Final = 20 * MEGABYTE
#: Rows of a list that one request of the API may bring; descriptions of addresses say it as ``{most_rows}``.
MOST_ROWS: Final = 5000


def megabytes(size: int) -> int:
    """The number that pages and refusals say."""
    return size // MEGABYTE
