"""The messages that the next page shows."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any, Final

from django.conf import settings
from django.contrib.messages import middleware
from django.contrib.messages.storage.cookie import CookieStorage, MessageDecoder
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage
from django.core.signing import BadSignature
from django.http import HttpRequest

from apps.core import crypto
from apps.core.errors import Refused
from apps.core.paths import is_api
from apps.core.tenancy import current_schema
from apps.core.translating import translated

#: What they are bound to: they belong to no row.
PLACE: Final = "core.flashes|message|"


def _sealed(text: str) -> str:
    """Raises ``crypto.KeyAway``."""
    return urlsafe_b64encode(crypto.encrypt(text, schema=current_schema(), place=PLACE)).decode()


def _opened(sealed: str) -> Any:
    """The messages; none for what was not written here or is under a key that is gone, and None while it is away."""
    try:
        text = crypto.decrypt(urlsafe_b64decode(sealed), schema=current_schema(), place=PLACE)
    except crypto.KeyAway:
        return None
    except (Refused, ValueError):
        return []
    return json.loads(text, cls=MessageDecoder)


class _InCookie(CookieStorage):
    signer: Any  # which its stubs leave out

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.cookie_name = settings.MESSAGES_COOKIE_NAME

    def _encode_parts(self, messages: Sequence[str], encode_empty: bool = False) -> Any:
        if not messages and not encode_empty:
            return None
        return self.signer.sign(_sealed(f"[{','.join(messages)}]"))

    def _decode(self, data: str) -> Any:
        try:
            found = _opened(self.signer.unsign(data)) if data else None
        except BadSignature:
            found = []
        self.used = found == []  # thrown away: it will not be better the next time
        return found


class _InSession(SessionStorage):
    def serialize_messages(self, messages: Any) -> Any:
        return _sealed(super().serialize_messages(messages))

    def deserialize_messages(self, data: Any) -> Any:
        return _opened(data) if isinstance(data, str) else data


class Messages(FallbackStorage):
    """Messages wait in a cookie, or if they are long in the session, for the page that shows them.

    They are translated before, and encrypted: one may be a first password. While the key is away none is kept.
    """

    storage_classes = (_InCookie, _InSession)
    _used_storages: set[Any]  # which its stubs leave out

    def _get(self, *args: Any, **kwargs: Any) -> Any:
        found = super()._get(*args, **kwargs)  # type: ignore[misc]  # which its stubs leave out, too
        self._used_storages |= {one for one in self.storages if one.used}
        return found

    def add(self, level: int, message: str, extra_tags: str | None = "") -> None:
        super().add(level, translated(message), extra_tags)

    def update(self, response: Any) -> Any:
        try:
            return super().update(response)
        except crypto.KeyAway:
            return []


class MessageMiddleware(middleware.MessageMiddleware):
    """Keeps messages for pages alone: a program reads none, and each of its requests would set up a store for them."""

    def process_request(self, request: HttpRequest) -> None:
        if not is_api(request):
            super().process_request(request)
