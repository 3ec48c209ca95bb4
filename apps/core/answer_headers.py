"""Headers that every answer has, whoever gives it: a page, the API, a file, a probe, a refusal at the front door.

Those of Django's own ``SecurityMiddleware`` are set in ``resimate/settings.py``, the content policy too.
Sources: OWASP ASVS 5.0, 3.4 and 14.3.2; RFC 9111; the Fetch, HTML and Permissions Policy standards.
"""

from typing import Final

from django.conf import settings

#: What pages might ask a browser for, and none of ours does. What is not named stays with our own pages.
UNUSED: Final = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "hid",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "serial",
    "usb",
    "xr-spatial-tracking",
)
#: Unless a view says otherwise.
ALWAYS: Final = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in UNUSED),
}
_AT_THE_DOOR: Final = ALWAYS | {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def at_the_door() -> list[tuple[str, str]]:
    """Of an answer that no middleware sees. One that comes in plain makes no browser insist on HTTPS (RFC 6797)."""
    if not settings.SECURE_HSTS_SECONDS:
        return [*_AT_THE_DOOR.items()]
    said = f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains; preload"
    return [*_AT_THE_DOOR.items(), ("Strict-Transport-Security", said)]
