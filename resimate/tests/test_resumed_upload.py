"""A client of tus brings a large file while the product is killed: what has come stays, and the file is whole."""

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

#: Of the file; the bound below holds for any. The long way is `RESIMATE_UPLOAD_MB=1000`.
MEGABYTES = int(os.environ.get("RESIMATE_UPLOAD_MB", "160"))
PIECE = 8 * 1024**2
UPLOADS = "/api/v1/files/uploads/"


@pytest.fixture
def product() -> Iterator[Product]:
    product = Product.new()
    yield product.start()
    product.remove()


def source(folder: Path) -> tuple[Path, str]:
    """A file and its digest."""
    path, digest = folder / "plan.pdf", hashlib.sha256()
    with path.open("wb") as out:
        for number in range(MEGABYTES):
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


@pytest.mark.thorough
@pytest.mark.requirement("EXT-001", "CAMP-001")
def test_a_killed_product_goes_on_at_the_last_whole_piece(product: Product, tmp_path: Path) -> None:
    client: Any = pytest.importorskip("tusclient.client", reason="`make peers` brings tuspy")
    path, digest = source(tmp_path)
    key = product.api_key("demo", "admin@demo.example", "files:tenant:create", "files:tenant:read")
    headers = {"Authorization": f"Bearer {key}", "Host": f"demo.localhost:{product.port}"}
    tus = client.TusClient(f"http://127.0.0.1:{product.port}{UPLOADS}", headers=headers)
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

    pk = first.url.rstrip("/").rpartition("/")[2]
    known = product.request("GET", "demo", f"/api/v1/files/{pk}/", key=key).json()
    assert (known["state"], known["size"]) == ("there", MEGABYTES * 1024**2)
    assert _digest_of(product, f"/api/v1/files/{pk}/content/", headers) == digest
    assert peak_of_web(product) - before < 96 * 1024**2


def _ignore_errors(call: Any) -> None:
    with suppress(Exception):
        call()


def _digest_of(product: Product, path: str, headers: dict[str, str]) -> str:
    digest, connection = hashlib.sha256(), http.client.HTTPConnection("127.0.0.1", product.port, timeout=60)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    while some := answer.read(1024**2):
        digest.update(some)
    connection.close()
    return digest.hexdigest()
