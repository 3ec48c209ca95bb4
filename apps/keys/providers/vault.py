"""Our client of Vault or OpenBao: it signs in, asks in time, and leaves alone a server that stays away.

We sign in by AppRole, or as what Kubernetes says that we are. A server that stays away is asked by one process every
few seconds, and the others go by what that one found.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import hvac
from django.utils import timezone
from hvac import exceptions

from apps.keys.providers.base import Unavailable
from apps.keys.providers.wire import Session
from apps.outbound.breaker import LeftAlone, admit
from apps.outbound.lines import Line
from resimate_net import Limits, Unanswered

#: Seconds for one request.
PATIENCE: Final = 2.0
#: Keys are wanted in the middle of whatever is done with the database, and asked for again every few seconds. Three
#: requests may be one call: one that is refused, another signing in, and the same once more.
VAULT: Final = Line(
    "vault", Limits(seconds=3 * PATIENCE), pause=5, longest_pause=5, a_minute=0, is_ours=True, within=True
)
#: What no credentials of ours, and no other try, would change.
REFUSED: Final = (exceptions.InvalidRequest, exceptions.InvalidPath)


@dataclass(frozen=True, slots=True)
class Server:
    """Where it is, how we sign in there, and the key: ``mount/name``; ``authority`` is a file of certificates.

    ``role`` and ``secret`` are of AppRole. Without that role we go by ``kubernetes``, ``mount/role``, with the token of
    our service account in the file ``account``.
    """

    address: str
    role: str
    secret: str = field(repr=False)
    key: str
    namespace: str = ""
    authority: str = ""
    kubernetes: str = ""
    account: str = ""


class Vault:
    """``name`` is what of it is asked for, as operators are told."""

    def __init__(self, server: Server, name: str) -> None:
        self.name = name
        self._server = server
        self._signing_in = threading.Lock()
        self._client = hvac.Client(
            url=server.address,
            token="",  # none: otherwise one of the environment would be used
            timeout=PATIENCE,
            session=Session(server.authority),
            namespace=server.namespace or None,
            allow_redirects=False,
        )

    def ask(self) -> str:
        self.in_time(lambda: self._client.auth.token.lookup_self())
        return f"{self.name} answers"

    def in_time(self, request: Callable[[], Any]) -> Any:
        """Do it, unless the server is left alone just now. Raises ``Unavailable`` and what is in ``REFUSED``."""
        try:
            attempt = admit(VAULT, self._server.address, now=timezone.now())
        except LeftAlone as alone:
            raise Unavailable(f"{self.name}: {alone.detail}") from alone
        with attempt:
            try:
                answer = self._signed_in(request)
            except (*REFUSED, Unavailable):
                attempt.succeeded()  # it is there, and refuses
                raise
            except (exceptions.VaultError, Unanswered, OSError, LookupError, TypeError, ValueError) as error:
                # The last three: not Vault has answered, but a proxy, or a standby that points elsewhere.
                attempt.failed(reason_of(error))
                raise self._away(error) from error
            attempt.succeeded()
        return answer

    def _away(self, error: Exception) -> Unavailable:
        return Unavailable(f"{self.name} at {self._server.address}: {reason_of(error)}")

    def _signed_in(self, request: Callable[[], Any]) -> Any:
        """A token that has run out, or was taken back, is replaced once."""
        token = self._client.token or self._sign_in("")
        try:
            return request()
        except exceptions.Forbidden:
            self._sign_in(token)
        try:
            return request()
        except exceptions.Forbidden as error:
            raise self._away(error) from error

    def _sign_in(self, stale: str) -> str:
        """Get another token than the stale one, unless another thread has it by now."""
        with self._signing_in:
            if self._client.token == stale:
                self._client.token = ""
                try:
                    self._log_in()
                except (*REFUSED, exceptions.Forbidden) as error:
                    raise Unavailable(f"{self.name} does not let us in: {reason_of(error)}") from error
            return str(self._client.token)

    def _log_in(self) -> None:
        server, methods = self._server, self._client.auth
        if server.role:
            methods.approle.login(role_id=server.role, secret_id=server.secret)
        else:
            mount, _, role = server.kubernetes.rpartition("/")
            methods.kubernetes.login(role=role, jwt=self._account(), mount_point=mount or "kubernetes")

    def _account(self) -> str:
        """The token of our service account, read anew: Kubernetes replaces it every hour or so."""
        try:
            return Path(self._server.account).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Unavailable(f"{self.name}: {self._server.account} cannot be read: {reason_of(error)}") from error


def reason_of(error: Exception) -> str:
    """In one line, and without what we sent."""
    if isinstance(error, exceptions.VaultError):
        reasons = "; ".join(error.errors or ["no reason given"])
        return f"{type(error).__name__}: {' '.join(reasons.split())}"
    if isinstance(error, Unanswered):
        return str(error.detail).removesuffix(".")
    return type(error).__name__
