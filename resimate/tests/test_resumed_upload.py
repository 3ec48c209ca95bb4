"""A client of tus brings a large file while the product is killed, or over a bad line: it comes whole."""

import hashlib
import http.client
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from resimate.tests.product import Product
from resimate_servers.tests.toxiproxy import Line, toxiproxy

#: Of the file; the bound below holds for any. The long way is `RESIMATE_UPLOAD_MB=1000`.
MEGABYTES = int(os.environ.get("RESIMATE_UPLOAD_MB", "160"))
PIECE = 8 * 1024**2
ROUNDS = int(os.environ.get("RESIMATE_UPLOAD_ROUNDS", "2"))
UPLOADS = "/api/v1/files/uploads/"
#: What a line does while a piece is sent: none comes, half of one, all of it and no answer, or it takes long.
SPOILT: dict[str, dict[str, Any]] = {
    "reset at once": {"kind": "reset_peer", "stream": "upstream", "timeout": 0},
    "reset on the way": {"kind": "reset_peer", "stream": "upstream", "timeout": 20},
    "half of a piece": {"kind": "limit_data", "stream": "upstream", "bytes": 500_000},
    "no answer": {"kind": "limit_data", "bytes": 0},
    "half an answer": {"kind": "limit_data", "bytes": 60},
    "hanging": {"kind": "timeout", "stream": "upstream", "timeout": 300},
    "slow": {"kind": "bandwidth", "stream": "upstream", "rate": 4000},
    "crumbs": {"kind": "slicer", "stream": "upstream", "average_size": 20_000, "size_variation": 9_000, "delay": 100},
}


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    product = Product.new()
    yield product.start()
    product.remove()


def source(folder: Path, megabytes: int = MEGABYTES) -> tuple[Path, str]:
    """A file and its digest."""
    path, digest = folder / "plan.pdf", hashlib.sha256()
    with path.open("wb") as out:
        for number in range(megabytes):
            some = (b"%PDF-1.7\n" if not number else b"") + os.urandom(1024**2)
            out.write(some[: 1024**2])
            digest.update(some[: 1024**2])
    return path, digest.hexdigest()


def peak_of_web(product: Product) -> int:
    """The most memory in bytes that any process had which answers requests."""
    peaks = []
    for status in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"RESIMATE_DATA_DIR={product.folder}/data".encode() in (status / "environ").read_bytes():
                line = next(one for one in (status / "status").read_text().splitlines() if one.startswith("VmHWM"))
                peaks.append(int(line.split()[1]) * 1024)
    return max(peaks)


def to_send(product: Product, port: int) -> tuple[Any, dict[str, str]]:
    """A client of tus that reaches the product on that port, and what it says with each request."""
    client: Any = pytest.importorskip("tusclient.client", reason="`make peers` brings tuspy")
    key = product.api_key("demo", "admin@demo.example", "files:tenant:create", "files:tenant:read")
    headers = {"Authorization": f"Bearer {key}", "Host": f"demo.localhost:{product.port}"}
    return client.TusClient(f"http://127.0.0.1:{port}{UPLOADS}", headers=headers), headers


@pytest.mark.requirement("EXT-001", "CAMP-001")
def test_a_killed_product_goes_on_at_the_last_whole_piece(product: Product, tmp_path: Path) -> None:
    tus, headers = to_send(product, product.port)
    path, digest = source(tmp_path)
    told = {"filename": "plan.pdf", "sha256": digest}
    first = tus.uploader(str(path), chunk_size=PIECE, metadata=told, upload_checksum=True)
    for _ in range(3):
        first.upload_chunk()

    going = threading.Thread(target=lambda: _ignore_errors(first.upload_chunk))
    going.start()
    product.stop(signal.SIGKILL)
    going.join(60)
    product.start()
    before = peak_of_web(product)
    second = tus.uploader(str(path), chunk_size=PIECE, url=first.url, upload_checksum=True, retries=5, retry_delay=2)
    assert second.offset in (3 * PIECE, 4 * PIECE)
    second.upload()

    assert _digest_of(product, first.url, headers) == digest
    assert peak_of_web(product) - before < 96 * 1024**2


@pytest.mark.requirement("EXT-001", "CAMP-001")
def test_over_a_line_that_is_spoilt_again_and_again_it_comes_whole(product: Product, tmp_path: Path) -> None:
    path, digest = source(tmp_path, ROUNDS * len(SPOILT) + 2)
    with toxiproxy(tmp_path) as proxies:
        way = proxies.line_to(product.port)
        tus, headers = to_send(product, way.port)
        told = {"filename": "plan.pdf", "sha256": digest}
        url = tus.uploader(str(path), chunk_size=1024**2, metadata=told).create_url()
        offsets = [_sent_while(how, way, tus, path, url) for how in [*SPOILT.values()] * ROUNDS]
        tus.uploader(str(path), chunk_size=1024**2, url=url, upload_checksum=True).upload()

    assert offsets == sorted(offsets)
    assert {offset % 1024**2 for offset in offsets} == {0}
    assert _digest_of(product, url, headers) == digest


def _sent_while(how: dict[str, Any], way: Line, tus: Any, path: Path, url: str) -> int:
    """Try to send a piece over a line like that; how much has come by then, as the product says over a good one."""
    sender = tus.uploader(str(path), chunk_size=1024**2, url=url, upload_checksum=True)
    with way.spoilt(**how):
        _ignore_errors(sender.upload_chunk)
    return int(tus.uploader(str(path), url=url).get_offset())


def _ignore_errors(call: Any) -> None:
    with suppress(Exception):
        call()


def _digest_of(product: Product, url: str, headers: dict[str, str]) -> str:
    """What has become of an upload: of the file that is there by now."""
    path = f"/api/v1/files/{url.rstrip('/').rpartition('/')[2]}/content/"
    digest, connection = hashlib.sha256(), http.client.HTTPConnection("127.0.0.1", product.port, timeout=60)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    while some := answer.read(1024**2):
        digest.update(some)
    connection.close()
    return digest.hexdigest()
