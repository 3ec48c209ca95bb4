"""Who sends slowly waits alone: a body that stalls holds no thread, and no view sees it before it is whole."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from resimate.tests.product import Product

pytestmark = pytest.mark.requirement("CMS-001")

CHUNKED = "Content-Type: application/json\r\nTransfer-Encoding: chunked"
FORM = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000"
MULTIPART = "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 15000000"
JSON = "Content-Type: application/json\r\nContent-Length: 15000000"
TOKEN = "Cookie: csrftoken=" + 32 * "a"

ATTACKS = {
    "in chunks, to an unknown host": ("unknown.example", "/nowhere", CHUNKED),
    "in chunks": ("demo.localhost", "/api/v1/subjects/", CHUNKED),
    "a form of a stranger": ("demo.localhost", "/sign-in/", f"{TOKEN}\r\n{FORM}"),
    "a file of a stranger": ("demo.localhost", "/sign-in/", f"{TOKEN}\r\n{MULTIPART}"),
    "JSON with a key": ("demo.localhost", "/api/v1/calculations/", f"{{key}}\r\n{JSON}"),
}


@pytest.fixture(scope="module")
def key(product: Product) -> str:
    return product.api_key("demo", "analyst@demo.example")


def _head(host: str, path: str, headers: str, key: str) -> bytes:
    lines = headers.replace("{key}", f"Authorization: Bearer {key}")
    return f"POST {path} HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n\r\n".encode()


@contextmanager
def _stalled(product: Product, head: bytes, count: int) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        sockets = []
        for _ in range(count):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", product.port)))
            one.sendall(head)
            sockets.append(one)
        yield sockets


def _send(product: Product, head: bytes, body: bytes = b"", *, patience: float = 30) -> tuple[int, bytes]:
    with socket.create_connection(("127.0.0.1", product.port), timeout=patience) as connection:
        connection.sendall(head + body)
        response = http.client.HTTPResponse(connection)
        response.begin()
        return response.status, response.read()


@pytest.mark.parametrize("attack", ATTACKS)
def test_stalled_bodies_hold_nobody_up(product: Product, key: str, attack: str) -> None:
    with _stalled(product, _head(*ATTACKS[attack], key), 20):
        assert product.request("GET", "", "/health/live").status == 200
        assert product.request("GET", "hdi", "/sign-in/").status == 200
        assert product.request("GET", "demo", "/api/v1/models/", key=key).status == 200


def test_of_an_unknown_host_no_body_is_read(product: Product) -> None:
    head = b"POST / HTTP/1.1\r\nHost: unknown.example\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n"

    status, answer = _send(product, head)

    assert (status, b"100 Continue" in answer) == (404, False)


def test_a_body_that_stalls_is_given_up(product: Product) -> None:
    head = _head("demo.localhost", "/sign-in/", FORM, "")

    status, answer = _send(product, head, b"email=a")

    assert (status, json.loads(answer)["code"]) == (408, "too_slow")


def test_only_json_may_come_in_chunks(product: Product) -> None:
    """The server ends a body in chunks that breaks off like one that is whole; half a form looks like a form."""
    head = _head("demo.localhost", "/sign-in/", "Content-Type: text/csv\r\nTransfer-Encoding: chunked", "")

    status, answer = _send(product, head)

    assert (status, json.loads(answer)["code"]) == (411, "length_required")


@pytest.mark.parametrize("framing", [b"Content-Length: 100", b"Transfer-Encoding: chunked"])
def test_a_body_that_breaks_off_does_nothing(product: Product, key: str, framing: bytes) -> None:
    code = f"half{len(framing)}"
    item = json.dumps([{"code": code, "name": "Half"}]).encode()
    body = item if framing.startswith(b"Content") else b"%x\r\n%s\r\n" % (len(item) - 1, item[:-1])
    common = f"Content-Type: application/json\r\nAuthorization: Bearer {key}\r\n".encode()
    head = b"POST /api/v1/subjects/ HTTP/1.1\r\nHost: demo.localhost\r\n" + common + framing + b"\r\n\r\n"

    with socket.create_connection(("127.0.0.1", product.port)) as connection:
        connection.sendall(head + body)
    time.sleep(0.5)

    found = product.request("GET", "demo", f"/api/v1/subjects/?code={code}", key=key).json()["results"]
    assert [one for one in found if one["code"] == code] == []


def test_the_target_in_absolute_form_names_the_host(product: Product) -> None:
    known, _ = _send(product, b"GET http://demo.localhost/sign-in/ HTTP/1.1\r\nHost: unknown.example\r\n\r\n")
    unknown, _ = _send(product, b"GET http://unknown.example/sign-in/ HTTP/1.1\r\nHost: demo.localhost\r\n\r\n")

    assert (known, unknown) == (200, 404)


@pytest.mark.parametrize("line", ["Host: hdi.localhost", "Idempotency-Key: \xe4"])
def test_what_can_be_read_two_ways_is_refused(product: Product, line: str) -> None:
    head = f"GET /sign-in/ HTTP/1.1\r\nHost: demo.localhost\r\n{line}\r\n\r\n"

    status, _ = _send(product, head.encode("latin-1"))

    assert status == 400


def test_a_header_with_underscores_does_not_pass_for_another(product: Product, key: str) -> None:
    head = f"GET /api/v1/models/ HTTP/1.1\r\nHost: demo.localhost\r\nAuthorization_: x\r\nAuthorization: Bearer {key}"

    status, _ = _send(product, f"{head}\r\nIf_Match: x\r\n\r\n".encode())

    assert status == 200


def test_an_export_comes_whole_with_its_length(product: Product, key: str) -> None:
    answer = product.request("GET", "hdi", "/api/v1/subjects/export/?format=csv", key=_hdi(product))

    assert int(answer.headers["content-length"]) == len(answer.body) > 1000


def _hdi(product: Product) -> str:
    return product.api_key("hdi", "admin@hdi.example")


@pytest.mark.load
@pytest.mark.parametrize("attack", ATTACKS)
def test_64_bodies_that_trickle_cost_next_to_nothing(product: Product, key: str, attack: str) -> None:
    """Another request within a second, ``/health/live`` within a tenth, 50 MB at most."""
    before = _memory(product)
    ends = time.monotonic() + 6
    with _stalled(product, _head(*ATTACKS[attack], key), 64) as sockets:
        trickle = threading.Thread(target=_trickle, args=(sockets, "chunks" in attack, ends))
        trickle.start()
        live, page, memory = [], [], []
        while time.monotonic() < ends:
            live.append(_seconds(product, "/health/live"))
            page.append(_seconds(product, "/sign-in/"))
            memory.append(_memory(product))
        trickle.join()

    assert (max(live) < 0.1, max(page) < 1, max(memory) - before < 50 << 20) == (True, True, True), (live, page)


def _trickle(sockets: list[socket.socket], chunked: bool, ends: float) -> None:
    while time.monotonic() < ends:
        for one in sockets:
            try:
                one.send(b"1\r\n \r\n" if chunked else b" ")
            except OSError:
                continue
        time.sleep(1)


def _seconds(product: Product, path: str) -> float:
    began = time.perf_counter()
    assert product.request("GET", "demo", path).status == 200
    return time.perf_counter() - began


def _memory(product: Product) -> int:
    """Bytes that the processes of the web server hold."""
    runtime = json.loads((product.folder / "data" / "runtime.json").read_text())
    session = str(runtime["servers"]["web"]["pid"])
    stats = [path.read_text().rpartition(")")[2].split() for path in Path("/proc").glob("[0-9]*/stat")]
    return sum(int(stat[21]) * 4096 for stat in stats if stat[3] == session)
