"""Messages that make a device ask something: by whom they are carried, to an address that the device has given."""

from collections.abc import Mapping
from typing import Final

from apps.factors.pushing.base import Gone, NotAnAddress, NotTaken, Provider, Push
from apps.factors.pushing.web import WebPush

__all__ = ["PROVIDERS", "WEB", "Gone", "NotAnAddress", "NotTaken", "Provider", "Push"]

#: Browsers. An app of our own for phones would add FCM and APNs here: there is none, so neither are they.
WEB: Final = "webpush"
PROVIDERS: Final[Mapping[str, Provider]] = {WEB: WebPush()}
