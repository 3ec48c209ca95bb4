"""What no test client sends: the running product meets bytes that are no good HTTP, and requests side by side."""

import http.client
import json
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from resimate.tests.product import Product

pytestmark = pytest.mark.requirement("CMS-001")


@pytest.fixture(scope="module")
def key(product: Product) -> str:
    product.manage("tenants", "create", "wire", "--name", "Wire", "--admin-email", "admin@wire.example")
    return product.api_key("wire", "admin@wire.example")


def _raw(product: Product, key: str, head: str, body: bytes = b"") -> tuple[int, bytes]:
    """Send exactly these bytes; the status and what follows the head of the answer."""
    common = f"Host: wire.localhost:{product.port}\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", product.port), timeout=30) as connection:
        connection.sendall(head.encode("latin-1") + b"\r\n" + common.encode() + body)
        response = http.client.HTTPResponse(connection)
        response.begin()
        return response.status, response.read()


@pytest.mark.parametrize(
    "line",
    [
        "GET /api/v1/subjects/?code=%00 HTTP/1.1",
        "GET /api/v1/subjects/%00/ HTTP/1.1",
        "GET /api/v1/subjects/%ff%fe/ HTTP/1.1",
        "GET /api/v1/../../etc/passwd HTTP/1.1",
        "GET /api/v1//subjects/ HTTP/1.1",
        "GET /api/v1/subjects/?" + "a&" * 3000 + " HTTP/1.1",
        "GET /api/v1/subjects/?code=" + "x" * 100_000 + " HTTP/1.1",
        "PURGE /api/v1/subjects/ HTTP/1.1",
        "TRACE /api/v1/subjects/ HTTP/1.1",
        "GET /api/v1/subjects/ HTTP/1.1\r\nX-Odd: \x00",
        "GET /api/v1/subjects/ HTTP/1.1\r\nX-Odd: \xff\xfe",
        "GET /api/v1/subjects/ HTTP/1.1\r\nUser-Agent: \xff\xfe",
        "GET /api/v1/subjects/ HTTP/1.1\r\ntraceparent: \xff-\x01",
        "GET /api/v1/subjects/ HTTP/1.1\r\nX-Big: " + "x" * 50_000,
        "GET /api/v1/subjects/ HTTP/1.1\r\nCookie: resimate=\xff; =;;;",
        "GET /api/v1/subjects/?x=1 HTTP/1.1\r\nContent-Type: application/json; charset=hex",
        "POST /api/v1/subjects/ HTTP/1.1\r\nContent-Length: 0",
        "POST /api/v1/subjects/ HTTP/1.1",
        "POST /api/v1/subjects/ HTTP/1.1\r\nContent-Length: 0\r\nIdempotency-Key: \xe4",
    ],
)
def test_no_request_line_or_header_is_a_fault(product: Product, key: str, line: str) -> None:
    status, _ = _raw(product, key, line)

    assert 200 <= status < 500


@pytest.mark.parametrize("path", ["/", "/sign-in/", "/admin/", "/api/v1/subjects/"])
@pytest.mark.parametrize(
    "value", [r'"\000aaaaaaaaaaaaaaaaaaaaaaa"', r'"\377\376aaaaaaaaaaaaa"', "x" * 5000, '"', "a:b:c"]
)
def test_no_cookie_is_a_fault(product: Product, key: str, path: str, value: str) -> None:
    cookies = "; ".join(f"{name}={value}" for name in ("resimate", "csrftoken", "messages", "django_language"))

    status, _ = _raw(product, "", f"GET {path} HTTP/1.1\r\nCookie: {cookies}")

    assert 200 <= status < 500


CHUNKED = "POST /api/v1/subjects/ HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked"


def _chunks(body: bytes, size: int) -> bytes:
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in [*parts, b""])


def test_a_body_in_chunks_is_read_as_a_whole(product: Product, key: str) -> None:
    body = json.dumps([{"code": f"chunk{number}", "name": "Chunk"} for number in range(1000)]).encode()

    status, answer = _raw(product, key, CHUNKED, _chunks(body, 999))

    assert (status, len(json.loads(answer))) == (201, 1000)


def test_a_body_in_chunks_has_the_same_limit(product: Product, key: str) -> None:
    status, _ = _raw(product, key, CHUNKED, _chunks(b" " * (20 * 1024 * 1024 + 1), 65_536))

    assert status == 413


def test_a_body_of_more_than_20_megabytes_is_refused_before_it_is_sent(product: Product, key: str) -> None:
    head = (
        f"POST /api/v1/subjects/ HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {20 * 1024 * 1024 + 1}"
    )

    status, answer = _raw(product, key, head, b"{")

    assert (status, json.loads(answer)["code"]) == (413, "too_large")


def test_of_requests_side_by_side_with_one_key_one_is_done(product: Product, key: str) -> None:
    def ask(_: int) -> tuple[int, str]:
        body = {"code": "once", "name": "Once"}
        answer = product.request("POST", "wire", "/api/v1/subjects/", key=key, body=body, Idempotency_Key="side")
        return answer.status, answer.headers.get("idempotent-replayed", "")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(16)))

    assert answers.count((201, "")) == 1
    assert set(answers) <= {(201, ""), (201, "true"), (409, "")}
    assert ask(0) == (201, "true")


def test_writes_side_by_side_with_one_etag_change_a_thing_once(product: Product, key: str) -> None:
    made = product.request("POST", "wire", "/api/v1/subjects/", key=key, body={"code": "tag", "name": "0"})
    path = f"/api/v1/subjects/{made.json()['id']}/"

    def ask(number: int) -> int:
        body = {"name": str(number + 1)}
        return product.request("PATCH", "wire", path, key=key, body=body, If_Match=made.headers["etag"]).status

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(ask, range(8)))

    assert statuses == [200, *[412] * 7]
