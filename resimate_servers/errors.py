"""What can go wrong with the embedded servers, in one sentence each."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class EmbeddedError(Exception):
    """The message is one sentence, fit to show to the person at the terminal."""


class NotRunning(EmbeddedError):
    def __init__(self) -> None:
        super().__init__("The embedded servers are not running; start them with `make run`.")


@contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Turn the reasons for which a folder refuses to be written into a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise EmbeddedError(f"The disk that holds {folder} is full; make room and start again.") from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EEXIST):
            raise EmbeddedError(
                f"The folder {folder} cannot be written to; set RESIMATE_DATA_DIR to another one."
            ) from error
        raise
