"""Web push: a POST to the address that a browser gave (RFC 8030), signed with a key of the tenant's (RFC 8292).

The address was written by somebody else, so it is called through the door alone. What a push service answers in words
is not kept.
"""

import json
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any, Final
from urllib.parse import urlsplit

import jwt
from django.conf import settings

from apps.core import json_values
from apps.core.errors import Refused
from apps.factors.pushing import vapid
from apps.factors.pushing.base import Gone, NotAnAddress, NotTaken, Push
from apps.factors.pushing.sealing import POINT, SECRET, bytes_of, key_at, sealed, text_of
from apps.outbound.lines import Line
from apps.outbound.services import call, problem_with
from resimate_net import Limits

LINE: Final = Line("push", Limits(seconds=10), a_minute=600, at_once=60)
LONGEST: Final = 1000
#: All messages are equally long, so that their length says nothing; browsers take nearly twice as much.
LENGTH: Final = 2048
#: How long a signature is good (RFC 8292, 2: a day at the most).
SIGNED_FOR: Final = timedelta(hours=1)


class WebPush:
    def key(self) -> str:
        """``applicationServerKey`` of ``PushManager.subscribe``: only we reach a subscription that was made for it."""
        return vapid.known()

    def make_key(self, now: datetime) -> None:
        vapid.active(now)

    def read(self, text: str) -> str:
        """``PushSubscription.toJSON()``, of which nothing is kept but what is needed; outside any transaction."""
        try:
            said = json_values.decode(text.encode())
            endpoint, keys = str(said["endpoint"]), said["keys"]
            point, secret = bytes_of(keys["p256dh"]), bytes_of(keys["auth"])
            key_at(point)
        except (Refused, ValueError, KeyError, TypeError):
            raise NotAnAddress from None
        if len(endpoint) > LONGEST or len(point) != POINT or len(secret) != SECRET or problem_with(endpoint):
            raise NotAnAddress
        kept = {"endpoint": endpoint, "p256dh": text_of(point), "auth": text_of(secret)}
        return json.dumps(kept, sort_keys=True)

    def send(self, push: Push, *, now: datetime) -> None:
        to = json.loads(push.address)
        body = sealed(push.body, bytes_of(to["p256dh"]), bytes_of(to["auth"]), length=LENGTH)
        try:
            answer = call(LINE, to["endpoint"], now=now, headers=_headers(push, to["endpoint"], now), body=body)
        except Refused as refused:
            raise NotTaken(refused.code) from None
        if answer.status in (404, 410):
            raise Gone
        if answer.status // 100 != 2:
            raise NotTaken(f"the push service answered {answer.status}")


def _headers(push: Push, endpoint: str, now: datetime) -> dict[str, str]:
    return {
        "Authorization": _authorization(endpoint, now),
        "TTL": str(push.seconds),
        "Urgency": "high",
        "Topic": push.topic,
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
    }


def _authorization(endpoint: str, now: datetime) -> str:
    """Who sends, to whom, and whom a push service may write to where something is wrong."""
    key, to = vapid.active(now), urlsplit(endpoint)
    claims: dict[str, Any] = {
        "aud": f"{to.scheme}://{to.netloc}",
        "exp": int((now + SIGNED_FOR).timestamp()),
        "sub": f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}",
    }
    return f"vapid t={jwt.encode(claims, key.private, algorithm='ES256')}, k={key.public}"
