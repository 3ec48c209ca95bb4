"""Secrets that are no keys, such as passwords, in Vault or OpenBao (the KV engine, version 2)."""

from typing import Any

from apps.keys.providers.base import Lost
from apps.keys.providers.vault import REFUSED, Server, Vault, reason_of


class Secrets(Vault):
    def __init__(self, server: Server) -> None:
        super().__init__(server, "vault")

    def read(self, path: str, field: str) -> Any:
        """The field of the latest version. Raises ``Unavailable``, and ``Lost`` where there is none."""
        try:
            secret: dict[str, Any] = self.in_time(lambda: dict(self._client.adapter.get(f"/v1/{path}")["data"]["data"]))
        except REFUSED as error:
            raise Lost(f"there is no secret at {path}: {reason_of(error)}") from error
        if field not in secret:
            raise Lost(f"the secret at {path} has no field {field}")
        return secret[field]
