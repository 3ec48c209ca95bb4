"""A fake of a push service and of the browser behind it: it refuses what a real one would, and decrypts the rest.

It holds requests to RFC 8030 (TTL, urgency, topic), RFC 8292 (who signed, for whom, until when) and RFC 8291, which it
undoes with the private key of the browser, step by step as its section 3 says.
"""

import hashlib
import hmac
import json
import re
import socket
import time
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from apps.factors.pushing.sealing import bytes_of, key_at, point_of, text_of
from resimate_net.tests.other_side import OtherSide

SECRET: Final = bytes(range(16))
STATES: Final = {201: "Created", 410: "Gone", 503: "Unavailable"}


def opened(body: bytes, private: ec.EllipticCurvePrivateKey, secret: bytes) -> bytes:
    """What a browser reads, by HMAC alone."""
    salt, record, point, sealed = body[:16], int.from_bytes(body[16:20], "big"), body[21 : 21 + body[20]], body[86:]
    assert (body[20], len(sealed) <= record) == (65, True)
    shared = private.exchange(ec.ECDH(), key_at(point))
    told = b"WebPush: info\0" + point_of(private.public_key()) + point
    known = _hmac(_hmac(secret, shared), told + b"\x01")
    drawn = _hmac(salt, known)
    key = _hmac(drawn, b"Content-Encoding: aes128gcm\0\x01")[:16]
    nonce = _hmac(drawn, b"Content-Encoding: nonce\0\x01")[:12]
    plain = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0")
    assert plain[-1:] == b"\x02"
    return plain[:-1]


def _hmac(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, hashlib.sha256).digest()


class FakePushService:
    """What ``other_side`` talks as. ``shown`` are the notifications that came. ``status``: what it answers."""

    def __init__(self) -> None:
        self.shown: list[dict[str, Any]] = []
        self.lengths: set[int] = set()
        self.wrong: list[str] = []
        self.status = 201
        self.key, self.place = "", "abc"
        self.port = 0
        self._private = ec.generate_private_key(ec.SECP256R1())

    def listen(self, server: OtherSide) -> None:
        self.port = server.port

    def subscription(self, key: str, place: str = "abc") -> str:
        """What ``PushManager.subscribe`` gives for a key; at ``place`` alone the browser is reached from then on."""
        self.key, self.place = key, place
        keys = {"p256dh": text_of(point_of(self._private.public_key())), "auth": text_of(SECRET)}
        return json.dumps(
            {"endpoint": f"http://127.0.0.1:{self.port}/push/{place}", "expirationTime": None, "keys": keys}
        )

    def __call__(self, connected: socket.socket, request: bytes) -> None:
        length = int(re.search(rb"(?i)content-length: (\d+)", request)[1])  # type: ignore[index]  # it is there
        while len(request.partition(b"\r\n\r\n")[2]) < length:
            request += connected.recv(64 * 1024)
        status = self.status
        if status == 201:
            try:
                self._take(request)
            except (AssertionError, jwt.PyJWTError, KeyError) as wrong:
                self.wrong.append(repr(wrong))
                status = 400
        line = f"HTTP/1.1 {status} {STATES.get(status, 'Bad')}\r\nContent-Length: 0\r\n\r\n"
        connected.sendall(line.encode())

    def _take(self, request: bytes) -> None:
        head, _, body = request.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        said = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        assert first == f"POST /push/{self.place} HTTP/1.1"
        assert 0 < int(said["ttl"]) <= 110
        assert (said["urgency"], said["content-encoding"]) == ("high", "aes128gcm")
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,32}", said["topic"])
        self._verify(said["authorization"])
        self.lengths.add(len(body))
        self.shown.append(json.loads(opened(body, self._private, SECRET)))

    def _verify(self, authorization: str) -> None:
        found = re.fullmatch(r"vapid t=([\w.-]+), k=([\w-]+)", authorization)
        assert found
        assert found[2] == self.key
        public = key_at(bytes_of(found[2]))
        claims = jwt.decode(found[1], public, algorithms=["ES256"], audience=f"http://127.0.0.1:{self.port}")
        assert time.time() < claims["exp"] <= time.time() + 24 * 3600
        assert re.fullmatch(r"mailto:[^@]+@.+", claims["sub"])
