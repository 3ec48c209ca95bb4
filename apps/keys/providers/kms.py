"""The key-encryption key in AWS KMS: it never leaves there.

What is wrapped is bound to its place by the encryption context. Requests are signed by Amazon's own client and sent by
ours, with one deadline and no second try; a region that stays away is left alone by all processes for a few seconds.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from django.utils import timezone

from apps.keys.providers.base import Lost, Unavailable
from apps.outbound.breaker import LeftAlone, admit
from apps.outbound.bucket_wire import client_of
from apps.outbound.lines import Line
from resimate_net import Limits

#: Seconds for one request.
PATIENCE: Final = 2.0
KMS: Final = Line("aws-kms", Limits(seconds=PATIENCE), pause=5, longest_pause=5, a_minute=0, is_ours=True, within=True)
#: It is there, knows the key or that there is none, and this is not what it has wrapped.
NOT_THIS: Final = {
    "InvalidCiphertextException",
    "IncorrectKeyException",
    "InvalidKeyUsageException",
    "NotFoundException",
}
#: Of one key alone, whatever its status: others of the region may be well.
OF_ONE_KEY: Final = {"KeyUnavailableException"}


@dataclass(frozen=True, slots=True)
class Account:
    """The key, by its ARN, which says the region; who we are there; and where it is, if not at Amazon's own address."""

    key: str
    access_key: str
    secret_key: str = field(repr=False)
    endpoint: str = ""


class Kms:
    def __init__(self, account: Account) -> None:
        self._account = account
        self.name = f"aws-kms:{account.key}"

    def wrap(self, secret: bytes, place: str) -> bytes:
        try:
            return self._ask("encrypt", "CiphertextBlob", place, Plaintext=secret)
        except Lost as error:
            raise Unavailable(str(error)) from error

    def unwrap(self, wrapped: bytes, place: str) -> bytes:
        if not wrapped:
            raise Lost(f"{self.name} has not wrapped it: it is empty")
        return self._ask("decrypt", "Plaintext", place, CiphertextBlob=wrapped)

    def ask(self) -> str:
        self.wrap(b"?", "doctor")
        return f"{self.name} answers"

    @cached_property
    def _client(self) -> Any:
        """Raises ``Unavailable`` where there can be no such region."""
        account = self._account
        region = account.key.split(":")[3]
        limits = Limits(seconds=PATIENCE, body=64 * 1024)
        try:
            return client_of(
                account.endpoint, account.access_key, account.secret_key, region, limits, tries=1, of="kms"
            )
        except ValueError as error:  # its own errors of what it is given are of this kind
            raise Unavailable(f"{self.name} cannot be asked: {error}") from error

    def _ask(self, verb: str, field: str, place: str, **said: bytes) -> bytes:
        call, bound = getattr(self._client, verb), {"resimate": place}
        return self._in_time(lambda: bytes(call(KeyId=self._account.key, EncryptionContext=bound, **said)[field]))

    def _in_time(self, request: Callable[[], bytes]) -> bytes:
        """Do it, unless the region is left alone just now. Raises ``Unavailable`` and ``Lost``."""
        from botocore.exceptions import BotoCoreError, ClientError  # with 20 MB beside it, which nobody else pays

        try:
            attempt = admit(KMS, str(self._client.meta.endpoint_url), now=timezone.now())
        except LeftAlone as alone:
            raise Unavailable(f"{self.name}: {alone.detail}") from alone
        with attempt:
            try:
                answer = request()
            except ClientError as error:
                raise self._refusal(error, attempt) from error
            except (BotoCoreError, ValueError, LookupError, TypeError, AttributeError) as error:
                # All but the first: somebody else has answered.
                attempt.failed(why := str(error.__cause__ or error))
                raise Unavailable(f"{self.name}: {why}") from error
            attempt.succeeded()
        return answer

    def _refusal(self, error: Any, attempt: Any) -> Unavailable | Lost:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))
        is_away = status >= 500 and code not in OF_ONE_KEY
        attempt.failed(code) if is_away else attempt.succeeded()
        said = f"{self.name} does not {error.operation_name.lower()}: {code}"
        return Lost(said) if code in NOT_THIS else Unavailable(said)
