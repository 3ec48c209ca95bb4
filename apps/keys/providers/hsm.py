"""The key-encryption key in a hardware security module, by PKCS#11: it never leaves there.

One session for each process, and one request at a time in it. What is wrapped is bound to its place by AES-GCM in the
module. There is no deadline in PKCS#11: one over a network has its own in the configuration of its library.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import pkcs11
from pkcs11.exceptions import PinIncorrect, PinLocked, PKCS11Error
from pkcs11.mechanisms import GCMParams

from apps.core.crypto import NONCE_BYTES, TAG_BYTES
from apps.keys.providers.base import Lost, Unavailable

KEY_BITS: Final = 256


@dataclass(frozen=True, slots=True)
class Token:
    """The library of the module's maker (a file), and in it a token and a key, both by their labels."""

    module: str
    token: str
    key: str
    pin: str = field(repr=False)


class _NotThis(Exception):
    """The key is there and works, only not with what it was given."""


class Hsm:
    def __init__(self, token: Token) -> None:
        self._token = token
        self.name = f"pkcs11:{token.token}/{token.key}"
        self._one_at_a_time = threading.Lock()
        self._key: Any = None
        self._pin_refused = False

    def wrap(self, secret: bytes, place: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        try:
            return nonce + self._with_key(lambda key: key.encrypt(secret, **_bound(nonce, place)))
        except _NotThis as error:
            raise Unavailable(f"{self.name} does not encrypt: {error}") from error

    def unwrap(self, wrapped: bytes, place: str) -> bytes:
        nonce, sealed = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        if len(sealed) <= TAG_BYTES:  # there are modules that take too little for nothing, and say so not
            raise Lost(f"{self.name} has not wrapped it: it is too short")
        try:
            return self._with_key(lambda key: key.decrypt(sealed, **_bound(nonce, place)))
        except _NotThis as error:
            raise Lost(f"{self.name} does not decrypt it: {error}") from error

    def ask(self) -> str:
        self.wrap(b"", "")
        return f"{self.name} answers"

    def _with_key(self, do: Callable[[Any], bytes]) -> bytes:
        """Do it, in another session if the one that there is was lost. Raises ``Unavailable`` and ``_NotThis``.

        Modules do not agree on the error for a ciphertext that is not theirs, so the key is tried on something else.
        """
        with self._one_at_a_time:
            if self._key is not None:
                try:
                    return do(self._key)
                except PKCS11Error as error:
                    if _works(self._key):
                        raise _NotThis(_reason(error)) from error
            self._key = self._opened()
            try:
                return do(self._key)
            except PKCS11Error as error:
                if _works(self._key):
                    raise _NotThis(_reason(error)) from error
                self._key = None
                raise Unavailable(f"{self.name}: {_reason(error)}") from error

    def _opened(self) -> Any:
        """The key, in a new session. A PIN that was refused is not tried again: a token locks after a few times."""
        self._key = None
        if self._pin_refused:
            raise Unavailable(f"{self.name} refused the PIN, which is not tried again before the next start")
        try:
            module = pkcs11.lib(self._token.module)
            module.reinitialize()  # a process that was forked has to, and else it would not see a token that is back
            session = module.get_token(token_label=self._token.token).open(user_pin=self._token.pin)
            key = session.get_key(label=self._token.key, object_class=pkcs11.ObjectClass.SECRET_KEY)
            fits = key.key_type == pkcs11.KeyType.AES and key.key_length == KEY_BITS
            is_kept = key[pkcs11.Attribute.SENSITIVE] and not key[pkcs11.Attribute.EXTRACTABLE]
        except (PinIncorrect, PinLocked) as error:
            self._pin_refused = True
            raise Unavailable(f"{self.name} refuses the PIN: {_reason(error)}") from error
        except (PKCS11Error, RuntimeError) as error:
            raise Unavailable(f"{self.name}: {_reason(error)}") from error
        if not (fits and is_kept):
            raise Unavailable(f"{self.name} is no key of AES-256 that is sensitive and cannot be extracted")
        return key


def _works(key: Any) -> bool:
    try:
        key.encrypt(b"", **_bound(os.urandom(NONCE_BYTES), ""))
    except PKCS11Error:
        return False
    return True


def _bound(nonce: bytes, place: str) -> dict[str, Any]:
    return {
        "mechanism": pkcs11.Mechanism.AES_GCM,
        "mechanism_param": GCMParams(nonce, place.encode(), TAG_BYTES * 8),
    }


def _reason(error: Exception) -> str:
    return f"{type(error).__name__} {error}".strip()
