"""A fake of Twilio: no text leaves it. It holds requests to what Twilio publishes of ``CreateMessage``.

That is its OpenAPI document ``twilio_api_v2010.json`` (version 1.0.0, of April 2026): path, names and limits of the
form, Basic authentication, status and shape of the answer. The numbers that are refused are Twilio's own for tests.
"""

import json
import re
import socket
from base64 import b64decode
from typing import Any, Final
from urllib.parse import parse_qs

ACCOUNT: Final = "AC" + "0" * 31 + "1"
TOKEN: Final = "a-token"
PATH: Final = re.compile(r"^POST /2010-04-01/Accounts/(AC[0-9a-fA-F]{32})/Messages\.json HTTP/1\.1$")
#: Fields of the form, of which ``To`` is required: what their values look like.
FIELDS: Final = {
    "To": r"\+[1-9]\d{1,14}",
    "From": r"\+[1-9]\d{1,14}|[A-Za-z0-9 ]{1,11}",
    "MessagingServiceSid": r"MG[0-9a-fA-F]{32}",
    "Body": r"(?s).{1,1600}",
    "ValidityPeriod": r"[1-9]\d{0,3}|[12]\d{4}|3[0-5]\d{3}|36000",
}
REFUSED: Final = {"+15005550001": 21211, "+15005550009": 21614}


class FakeTwilio:
    """What ``other_side`` talks as; ``forms`` are the texts that it took. ``status``: what it answers to all else."""

    def __init__(self) -> None:
        self.forms: list[dict[str, str]] = []
        self.status = 0

    def __call__(self, connected: socket.socket, head: bytes) -> None:
        status, told = self._answer(_whole(connected, head))
        body = json.dumps(told).encode()
        connected.sendall(b"HTTP/1.1 %d Told\r\nContent-Type: application/json\r\n" % status)
        connected.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def _answer(self, request: bytes) -> tuple[int, dict[str, Any]]:
        head, _, body = request.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        found = PATH.match(first)
        if self.status:
            return self.status, _error(self.status, 20429)
        if not found or headers["content-type"] != "application/x-www-form-urlencoded":
            return 404, _error(404, 20404)
        if b64decode(headers["authorization"].removeprefix("Basic ")).decode() != f"{found[1]}:{TOKEN}":
            return 401, _error(401, 20003)
        if code := _wrong(form):
            return 400, _error(400, code, f"The 'To' number {form.get('To')} is not a valid phone number.")
        self.forms.append(form)
        sent = {"sid": f"SM{len(self.forms):032x}", "status": "queued", "to": form["To"], "body": form["Body"]}
        return 201, {**sent, "account_sid": found[1], "error_code": None, "error_message": None, "num_segments": "1"}


def _wrong(form: dict[str, str]) -> int:
    if "To" not in form or not (form.keys() <= FIELDS.keys()):
        return 21604
    if ("From" in form) == ("MessagingServiceSid" in form):
        return 21603
    if not all(re.fullmatch(FIELDS[name], value) for name, value in form.items()):
        return 21211
    return REFUSED.get(form["To"], 0)


def _error(status: int, code: int, message: str = "no") -> dict[str, Any]:
    return {"code": code, "message": message, "more_info": "https://www.twilio.com/docs/errors", "status": status}


def _whole(connected: socket.socket, request: bytes) -> bytes:
    length = int(re.search(rb"(?i)content-length: (\d+)", request)[1])  # type: ignore[index]  # it is there
    while len(request.partition(b"\r\n\r\n")[2]) < length:
        request += connected.recv(64 * 1024)
    return request
