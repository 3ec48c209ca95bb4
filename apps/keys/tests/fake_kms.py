"""A fake of AWS KMS, for the answers that no emulator gives. It is held to what Amazon publishes of the service.

Requests have to fit the model that comes with Amazon's own client, and so have answers; errors are those of the model.
"""

import base64
import json
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Final

import botocore.session
from botocore.validate import ParamValidator
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY: Final = "arn:aws:kms:eu-central-1:111122223333:key/0f1e2d3c-1111-2222-3333-444455556666"
ACCESS_KEY, SECRET_KEY = "AKIDOFTESTS", "a-secret-of-tests"
SIGNED: Final = re.compile(
    rf"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/\d{{8}}/eu-central-1/kms/aws4_request, "
    r"SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=[0-9a-f]{64}"
)
#: Of every service, so that they are not in the model of this one.
COMMON: Final = {"AccessDeniedException": 400, "ThrottlingException": 400, "ServiceUnavailableException": 503}
#: Its statuses are in Amazon's reference of the service alone, not in the model.
FAULTS: Final = {"KeyUnavailableException", "KMSInternalException", "DependencyTimeoutException"}
MODEL: Final = botocore.session.get_session().get_service_model("kms")


class FakeKms:
    """Encrypts by a key for each ARN, bound to the context; ``refusing`` is the error that it answers instead."""

    def __init__(self) -> None:
        self.refusing = ""
        self.told: list[dict[str, Any]] = []
        self.wrong: list[str] = []
        self._ciphers = {KEY: AESGCM(os.urandom(32))}

    def answer(self, verb: str, said: dict[str, Any], headers: Any) -> tuple[int, dict[str, Any]]:
        model = MODEL.operation_model(verb)
        shape = model.input_shape
        for name, member in shape.members.items():
            if member.type_name == "blob" and name in said:
                said[name] = base64.b64decode(said[name], validate=True)
        self._hold(not ParamValidator().validate(said, shape).has_errors(), f"{verb} is no request of the model")
        self._hold(bool(SIGNED.fullmatch(headers["authorization"])), "it is not signed as it has to be")
        self.told.append(said)
        error = self.refusing or self._error(said)
        if error:
            return self._status(model, error), {"__type": error, "message": "no"}
        made = self._done(verb, said)
        if made is None:
            return self._status(model, "InvalidCiphertextException"), {"__type": "InvalidCiphertextException"}
        self._hold(not ParamValidator().validate(made, model.output_shape).has_errors(), f"{verb} is answered wrongly")
        return 200, {name: _text(value) for name, value in made.items()}

    def _error(self, said: dict[str, Any]) -> str:
        return "" if said["KeyId"] in self._ciphers else "NotFoundException"

    def _status(self, model: Any, error: str) -> int:
        of_model = {one.name: 500 if one.name in FAULTS else 400 for one in model.error_shapes}
        self._hold(error in of_model | COMMON, f"{model.name} knows no {error}")
        return int((of_model | COMMON)[error])

    def _done(self, verb: str, said: dict[str, Any]) -> dict[str, Any] | None:
        cipher, bound = self._ciphers[said["KeyId"]], json.dumps(said["EncryptionContext"], sort_keys=True).encode()
        told = {"KeyId": said["KeyId"], "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}
        if verb == "Encrypt":
            nonce = os.urandom(12)
            return told | {"CiphertextBlob": nonce + cipher.encrypt(nonce, said["Plaintext"], bound)}
        sealed = said["CiphertextBlob"]
        try:
            return told | {"Plaintext": cipher.decrypt(sealed[:12], sealed[12:], bound)}
        except (InvalidTag, ValueError):
            return None

    def _hold(self, is_so: bool, what: str) -> None:
        if not is_so:
            self.wrong.append(what)


def _text(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


@contextmanager
def serving(fake: FakeKms) -> Iterator[str]:
    """Its address for the time being; afterwards nothing of what came or went was against the model."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            service, _, verb = self.headers["x-amz-target"].partition(".")
            fake._hold(service == MODEL.metadata["targetPrefix"], "it is for another service")
            said = json.loads(self.rfile.read(int(self.headers["content-length"])))
            status, answer = fake.answer(verb, said, self.headers)
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", f"application/x-amz-json-{MODEL.metadata['jsonVersion']}")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
    assert fake.wrong == []
