"""A fake of Kubernetes' API server, of which it can do one thing: TokenReview v1, which OpenBao asks for.

Only its shape is Kubernetes': what it is asked and what it answers are held against the published definition of
``authentication.k8s.io/v1`` (api/openapi-spec/v3 of kubernetes/kubernetes), here in JSON Schema and without more than
that defines. Whether a real server would let a token pass is not shown by it.
"""

import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from resimate_net.tests.other_side import certificate

TEXTS = {"type": "array", "items": {"type": "string"}}
USER = {"uid": {"type": "string"}, "username": {"type": "string"}, "groups": TEXTS}
EXTRA = {"extra": {"type": "object", "additionalProperties": TEXTS}}
ASKED = {"token": {"type": "string"}, "audiences": TEXTS}
FOUND = {"authenticated": {"type": "boolean"}, "audiences": TEXTS, "error": {"type": "string"}}


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


TOKEN_REVIEW = Draft202012Validator(
    _object(
        {
            "apiVersion": {"const": "authentication.k8s.io/v1"},
            "kind": {"const": "TokenReview"},
            "metadata": {"type": "object"},
            "spec": _object(ASKED),
            "status": _object(FOUND | {"user": _object(USER | EXTRA)}),
        },
        "spec",
    )
)
AUDIENCE = "https://kubernetes.default.svc.cluster.local"
UID = "7a41f3c0-0d1a-4f4e-9d1f-6a3a53b2b8f0"
PATH = "/apis/authentication.k8s.io/v1/tokenreviews"


class FakeApiServer:
    """``allowed`` are the tokens that it knows, with what each says; ``reviewer`` is who may ask."""

    def __init__(self, reviewer: str, folder: Path) -> None:
        self.reviewer, self.allowed, self.reviews = reviewer, dict[str, Any](), 0
        self.wrong: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        tls, _ = certificate(folder, "localhost")
        self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.address = f"https://localhost:{self._server.server_port}"
        pem = (folder / "localhost.pem").read_text()
        self.authority = pem[pem.index("-----BEGIN CERTIFICATE") :]
        threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def issue(self, name: str = "resimate", namespace: str = "production", audience: str = AUDIENCE) -> str:
        """A token of a service account as Kubernetes projects them into pods; its signature is nobody's."""
        account = {"name": name, "uid": UID}
        said = {
            "iss": AUDIENCE,
            "sub": f"system:serviceaccount:{namespace}:{name}",
            "aud": [audience],
            "iat": int(time.time()),
            "exp": int(time.time()) + 3600,
            "jti": str(time.monotonic_ns()),
            "kubernetes.io": {"namespace": namespace, "serviceaccount": account},
        }
        head = f"{_encoded({'alg': 'RS256', 'typ': 'JWT'})}.{_encoded(said)}"
        token = f"{head}.{_text(b'the signature of nobody')}"
        self.allowed[token] = said
        return token

    def review(self, asked: Any) -> dict[str, Any]:
        self.reviews += 1
        answer = asked | {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview"}
        said = self.allowed.get(asked["spec"].get("token"))
        if said is None:
            return answer | {"status": {"authenticated": False, "error": "the token is not valid"}}
        namespace = said["kubernetes.io"]["namespace"]
        groups = ["system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated"]
        user = {"username": said["sub"], "uid": UID, "groups": groups}
        audiences = [one for one in asked["spec"].get("audiences", []) if one in said["aud"]]
        return answer | {"status": {"authenticated": True, "audiences": audiences, "user": user}}

    def _handler(fake) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                fake._check(asked)
                is_known = self.path == PATH and self.headers["Authorization"] == f"Bearer {fake.reviewer}"
                status, answer = (201, fake.review(asked)) if is_known else (403, {"kind": "Status"})
                if is_known:
                    fake._check(answer)
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler

    def _check(self, said: Any) -> None:
        self.wrong += [error.message for error in TOKEN_REVIEW.iter_errors(said)]


def _encoded(said: Any) -> str:
    return _text(json.dumps(said).encode())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
