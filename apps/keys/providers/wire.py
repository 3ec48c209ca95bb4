"""What the client of Vault takes for a session: each request goes through our own client, which keeps one deadline."""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.datastructures import CaseInsensitiveMapping

from apps.outbound.lines import ANYWHERE
from resimate_net import Limits, send, target_of
from resimate_net.bounds import OURS


@dataclass(frozen=True)
class Response:
    status_code: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def ok(self) -> bool:
        return self.status_code < 400

    @cached_property
    def text(self) -> str:
        return self.content.decode(errors="replace")

    def json(self) -> Any:
        return json.loads(self.content)


class Session:
    """``timeout`` of a request is for the whole of it: for looking up, connecting and every byte. No proxy is used."""

    cert = proxies = None

    def __init__(self, authority: str) -> None:
        """``authority``: a file of certificates that are believed, instead of the system's."""
        self.verify = authority
        self._tls = ssl.create_default_context(cafile=authority) if authority else None

    def request(
        self, method: str, url: str, headers: Mapping[str, str], timeout: float, json: Any = None, **_: Any
    ) -> Response:
        """Raises ``NotOutside`` and ``Unanswered``."""
        said = {name: value for name, value in headers.items() if name.lower() not in OURS}
        said["Content-Type"] = "application/json"
        limits = Limits(seconds=timeout, body=1024 * 1024)
        target = target_of(url, ANYWHERE)
        answer = send(
            target, method.upper(), headers=said, body=_encoded(json), rules=ANYWHERE, limits=limits, tls=self._tls
        )
        return Response(answer.status, CaseInsensitiveMapping(answer.headers), answer.body)

    def close(self) -> None:
        """Nothing is kept open."""


def _encoded(said: Any) -> bytes:
    return b"" if said is None else json.dumps(said).encode()
