"""Files in a bucket of Google's cloud, as :mod:`apps.outbound.buckets` has them in S3. What comes is encrypted already.

Pieces that never became a file Google drops by itself, after a week.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from apps.outbound.buckets import PIECE, REQUEST, Away, Judged, Missing, asked, regrouped
from apps.outbound.cloud_wire import over_ours

SCOPE: Final = "https://www.googleapis.com/auth/devstorage.read_write"
#: Seconds within which a request is tried again.
PATIENCE: Final = 10.0


@dataclass(frozen=True, slots=True)
class Where:
    """``credentials``: the file of a service account; the machine's own when empty, and nobody's without TLS."""

    endpoint: str
    bucket: str
    credentials: str = ""


class GoogleBucket:
    def __init__(self, where: Where) -> None:
        self._where = where
        self.name = f"{where.endpoint}/{where.bucket}"
        self.is_locking = False

    def ask(self) -> str:
        """Say in a few words how it is. Raises ``Away``."""
        self.listing(".probe")
        return f"{self.name} answers"

    def size(self, name: str) -> int:
        return int(self._known(name).size)

    def changed_at(self, name: str) -> datetime:
        moment: datetime = self._known(name).updated
        return moment

    def listing(self, folder: str) -> tuple[list[str], list[str]]:
        """The folders and the files right in one, by their names there."""
        prefix = f"{folder.strip('/')}/" if folder.strip("/") else ""
        try:
            with self._asked():
                found = self._client.list_blobs(self._bucket, prefix=prefix, delimiter="/", retry=self._retry)
                files = [one.name.removeprefix(prefix) for one in found]
        except Missing as error:
            raise Away(f"{self.name}: the bucket is gone") from error
        return sorted(one.removeprefix(prefix).rstrip("/") for one in found.prefixes), files

    def read(self, name: str, start: int = 0) -> Iterator[bytes]:
        """The file from that byte on, a piece at a time, and never of two versions of it."""
        known = self._known(name)
        same = {"if_generation_match": known.generation, "raw_download": True, "checksum": None, "retry": self._retry}
        while start < known.size:
            end = min(start + PIECE, known.size)
            with self._asked():
                piece: bytes = known.download_as_bytes(start=start, end=end - 1, **same)
            if len(piece) != end - start:
                raise Away(f"{self.name} gives {len(piece)} bytes instead of {end - start}")
            yield piece
            start = end

    def write(
        self, name: str, content: Iterable[bytes], *, keep_until: datetime | None = None, storage_class: str = ""
    ) -> int:
        """Store it, and return how many bytes it had. Its digest is compared with the server's before it is there."""
        blob, source = self._bucket.blob(name, chunk_size=PIECE), _Source(regrouped(content, PIECE))
        blob.storage_class = storage_class or None
        try:
            with self._asked():
                blob.upload_from_file(
                    source, content_type="application/octet-stream", checksum="crc32c", retry=self._retry
                )
        except Missing as error:
            raise Away(f"{self.name}: the bucket is gone") from error
        return source.tell()

    def sweep(self, before: datetime, prefix: str = "") -> int:
        return 0

    def delete(self, name: str) -> None:
        """What is not there is no mistake."""
        try:
            with self._asked():
                self._bucket.delete_blob(name, retry=self._retry)
        except Missing:
            return

    @cached_property
    def _client(self) -> Any:
        from google.auth.transport.requests import AuthorizedSession, Request
        from google.cloud.storage import Client  # half a second, which no process pays that stores no file there
        from requests import Session

        credentials = self._credentials()
        signing_in = Request(over_ours(Session(), REQUEST))
        session = over_ours(AuthorizedSession(credentials, auth_request=signing_in), REQUEST)
        options = {"api_endpoint": self._where.endpoint}
        return Client(project="", credentials=credentials, _http=session, client_options=options)

    def _credentials(self) -> Any:
        import google.auth
        from google.auth.credentials import AnonymousCredentials
        from google.oauth2.service_account import Credentials

        if self._where.credentials:
            return Credentials.from_service_account_file(self._where.credentials, scopes=[SCOPE])
        if self._where.endpoint.startswith("http://"):  # an emulator, or a test: nothing is sent that is secret
            return AnonymousCredentials()
        return google.auth.default(scopes=[SCOPE])[0]

    @cached_property
    def _bucket(self) -> Any:
        return self._client.bucket(self._where.bucket)

    @cached_property
    def _retry(self) -> Any:
        from google.cloud.storage.retry import DEFAULT_RETRY

        return DEFAULT_RETRY.with_timeout(PATIENCE).with_delay(initial=0.2, maximum=2)

    def _known(self, name: str) -> Any:
        blob = self._bucket.blob(name)
        try:
            with self._asked():
                blob.reload(retry=self._retry)
        except Missing:
            self.ask()  # such an answer does not say whether it is the bucket that is gone
            raise
        return blob

    def _asked(self) -> AbstractContextManager[None]:
        return asked(self.name, self._judged)

    def _judged(self, error: Exception) -> Judged | None:
        from google.api_core.exceptions import GoogleAPICallError, RetryError
        from google.auth.exceptions import GoogleAuthError
        from google.cloud.storage.exceptions import DataCorruption, InvalidResponse
        from requests.exceptions import RequestException

        if isinstance(error, (RetryError, GoogleAuthError, RequestException, DataCorruption)):
            return Judged(Away(f"{self.name}: {getattr(error, 'cause', None) or error}"), is_away=True)
        if not isinstance(error, (GoogleAPICallError, InvalidResponse)):
            return None
        status = int(getattr(error, "code", None) or error.response.status_code)
        if status == 404:
            return Judged(Missing("404"), is_away=False)
        return Judged(Away(f"{self.name}: {status}"), is_away=status >= 500)


class _Source:
    """Pieces as a file that is read once, as much at a time as the pieces have."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._at, self._rest = pieces, 0, b""

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._rest) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._rest += piece
        cut = len(self._rest) if size < 0 else size
        some, self._rest = self._rest[:cut], self._rest[cut:]
        self._at += len(some)
        return some

    def tell(self) -> int:
        return self._at
