"""Files in a container of Azure, as :mod:`apps.outbound.buckets` has them in S3. What comes here is encrypted already.

Pieces that never became a file Azure drops by itself, after a week.
"""

import base64
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from apps.outbound.buckets import PIECE, REQUEST, TRIES, Away, Judged, Missing, asked, regrouped
from apps.outbound.cloud_wire import over_ours

#: What an operator looks at.
HINTS: Final = {
    "ContainerNotFound": "the container is gone: ",
    "AuthenticationFailed": "the key is a wrong one: ",
    "AuthorizationFailure": "the key may not do that: ",
}


@dataclass(frozen=True, slots=True)
class Account:
    url: str
    name: str
    key: str
    container: str


class Container:
    def __init__(self, account: Account) -> None:
        self._account = account
        self.name = f"{account.url}/{account.container}"
        self.is_locking = False

    def ask(self) -> str:
        """Say in a few words how it is. Raises ``Away``."""
        with self._asked():
            self._client.get_container_properties()
        return f"{self.name} answers"

    def size(self, name: str) -> int:
        return int(self._known(name).size)

    def changed_at(self, name: str) -> datetime:
        moment: datetime = self._known(name).last_modified
        return moment

    def listing(self, folder: str) -> tuple[list[str], list[str]]:
        """The folders and the files right in one, by their names there."""
        prefix = f"{folder.strip('/')}/" if folder.strip("/") else ""
        with self._asked():
            names = [one.name.removeprefix(prefix) for one in self._client.walk_blobs(prefix, delimiter="/")]
        return [one.rstrip("/") for one in names if one.endswith("/")], [one for one in names if not one.endswith("/")]

    def read(self, name: str, start: int = 0) -> Iterator[bytes]:
        """The file from that byte on, a piece at a time, and never of two versions of it."""
        from azure.core import MatchConditions  # as the client below

        known, same = self._known(name), MatchConditions.IfNotModified
        while start < known.size:
            size = min(PIECE, known.size - start)
            with self._asked():
                found = self._client.download_blob(name, start, size, etag=known.etag, match_condition=same)
                piece: bytes = found.readall()
            if len(piece) != size:
                raise Away(f"{self.name} gives {len(piece)} bytes instead of {size}")
            yield piece
            start += size

    def write(
        self, name: str, content: Iterable[bytes], *, keep_until: datetime | None = None, storage_class: str = ""
    ) -> int:
        """Store it, and return how many bytes it had. The server checks the digest of each piece."""
        blob, names, size = self._client.get_blob_client(name), [], 0
        for number, piece in enumerate(regrouped(content, PIECE)):
            names.append(base64.b64encode(f"{number:08}".encode()).decode())
            with self._asked():
                blob.stage_block(names[-1], piece, len(piece), validate_content=True)
            size += len(piece)
        with self._asked():
            blob.commit_block_list(names, standard_blob_tier=self._tier(storage_class))
        return size

    def sweep(self, before: datetime, prefix: str = "") -> int:
        return 0

    def delete(self, name: str) -> None:
        """With its snapshots; what is not there is no mistake."""
        try:
            with self._asked():
                self._client.delete_blob(name, delete_snapshots="include")
        except Missing:
            return

    @cached_property
    def _client(self) -> Any:
        import requests  # a third of a second, which no process pays that stores no file in Azure
        from azure.core.pipeline.transport import RequestsTransport
        from azure.storage.blob import BlobServiceClient, ExponentialRetry

        account = self._account
        service = BlobServiceClient(
            account.url,
            credential={"account_name": account.name, "account_key": account.key},
            transport=RequestsTransport(session=over_ours(requests.Session(), REQUEST), session_owner=False),
            retry_policy=ExponentialRetry(initial_backoff=0, increment_base=2, retry_total=TRIES - 1),
            max_single_get_size=PIECE,
            max_block_size=PIECE,
        )
        return service.get_container_client(account.container)

    def _tier(self, said: str) -> Any:
        from azure.storage.blob import StandardBlobTier  # as the client

        return StandardBlobTier(said) if said else None

    def _known(self, name: str) -> Any:
        try:
            with self._asked():
                return self._client.get_blob_client(name).get_blob_properties()
        except Missing:
            self.ask()  # such an answer does not always say whether it is the container that is gone
            raise

    def _asked(self) -> AbstractContextManager[None]:
        return asked(self.name, self._judged)

    def _judged(self, error: Exception) -> Judged | None:
        from azure.core.exceptions import AzureError

        if not isinstance(error, AzureError):
            return None
        code, status = str(getattr(error, "error_code", None) or ""), getattr(error, "status_code", None)
        if status == 404 and code != "ContainerNotFound":
            return Judged(Missing(code or "404"), is_away=False)
        why = code or (str(status) if status else str(getattr(error, "inner_exception", None) or error))
        return Judged(Away(f"{self.name}: {HINTS.get(code, '')}{why}"), is_away=status is None or status >= 500)
