"""The key-encryption key in Vault or OpenBao (the transit engine): it never leaves there.

Each wrapping and unwrapping is one request with a deadline; that happens once in five minutes for a tenant and process,
whatever is read or written meanwhile.
"""

import base64
from typing import Any

from apps.keys.providers.base import Lost, Unavailable
from apps.keys.providers.vault import REFUSED, Server, Vault, reason_of


class Transit(Vault):
    def __init__(self, server: Server) -> None:
        super().__init__(server, f"vault:{server.key}")
        self._mount, _, self._key = server.key.rpartition("/")

    def wrap(self, secret: bytes, place: str) -> bytes:
        try:
            return str(self._ask("encrypt", plaintext=_text(secret), associated_data=_text(place.encode()))).encode()
        except REFUSED as error:
            raise Unavailable(f"{self.name} does not encrypt: {reason_of(error)}") from error

    def unwrap(self, wrapped: bytes, place: str) -> bytes:
        try:
            plain = self._ask("decrypt", ciphertext=wrapped.decode(), associated_data=_text(place.encode()))
        except REFUSED as error:
            raise Lost(f"{self.name} does not decrypt it: {reason_of(error)}") from error
        return base64.b64decode(plain)

    def _ask(self, verb: str, **said: str) -> Any:
        field = "ciphertext" if verb == "encrypt" else "plaintext"
        address = f"/v1/{self._mount}/{verb}/{self._key}"
        return self.in_time(lambda: self._client.adapter.post(address, json=said)["data"][field])


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
