"""No layer of the image holds a secret, not even one that the next takes away."""

import base64
import hashlib
import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from resimate.tests.image.containers import LAYOUT
from resimate.tests.image.registries import MANIFEST, digest_of
from resimate.tests.sources import ROOT

pytestmark = [pytest.mark.requirement("AR-003", "SEC-DATA-001"), pytest.mark.image]

# In two parts, so that nobody who looks for secrets here finds one.
KEY = "-----BEGIN PRIVATE " + "KEY-----\n" + "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n" * 3
PRIVATE = KEY + "-----END PRIVATE " + "KEY-----\n"
TOKEN = "ghp_" + "4kQ9sZ1xW8vB2nM7pL3cR6tY0dF5gH1jK2aE"


def looked(layout: Path) -> tuple[int, dict[str, Any], str]:
    done = subprocess.run(
        [sys.executable, "scripts/image-secrets", "--json", layout],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    return done.returncode, json.loads(done.stdout or "{}"), done.stderr


def image_of(folder: Path, *layers: dict[str, str], history: str = "", variable: str = "") -> Path:
    """An image of these layers, each of them files with what they hold."""
    blobs = folder / "blobs/sha256"
    blobs.mkdir(parents=True)

    def kept(content: bytes) -> dict[str, str]:
        digest = digest_of(content)
        (blobs / digest.partition(":")[2]).write_bytes(content)
        return {"digest": digest}

    config = {"config": {"Env": ["PATH=/bin", variable or "A=b"]}, "history": [{"created_by": history}]}
    manifest = {"mediaType": MANIFEST, "config": kept(json.dumps(config).encode())}
    whole = manifest | {"layers": [kept(_archived(files)) for files in layers]}
    (folder / "index.json").write_text(json.dumps({"manifests": [kept(json.dumps(whole).encode())]}))
    return folder


def _archived(files: dict[str, str]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content.encode()))
    return made.getvalue()


def test_no_layer_of_the_image_holds_a_secret() -> None:
    status, said, complaints = looked(LAYOUT)

    assert (status, complaints) == (0, "")
    assert all(one["found"] == [] for one in said.values())
    assert sum(one["files"] - one["published"] for one in said.values()) > 1_500


INSTALLED = "opt/python/lib/python3.11/site-packages/kettle/keys.py"
RECORD = "opt/python/lib/python3.11/site-packages/kettle-1.dist-info/RECORD"
PLANTED: dict[str, tuple[dict[str, Any], str]] = {
    "a key that the next layer takes away": (
        {"layers": [{"srv/deploy.pem": PRIVATE}, {"srv/.wh.deploy.pem": ""}]},
        "srv/deploy.pem:1 private-key",
    ),
    "a token among installed packages": ({"layers": [{INSTALLED: f'T = "{TOKEN}"\n'}]}, "kettle/keys.py:1 github-pat"),
    "a token in a file of a package that is not as it was published": (
        {"layers": [{INSTALLED: f'T = "{TOKEN}"\n', RECORD: "kettle/keys.py,sha256=abc,9\n"}]},
        "kettle/keys.py:1 github-pat",
    ),
    "a file of settings": ({"layers": [{"srv/resimate/.env": "A=b\n"}]}, "srv/resimate/.env"),
    "git's own past": ({"layers": [{"srv/resimate/.git/config": "[core]\n"}]}, "srv/resimate/.git/config"),
    "a token in its history": ({"layers": [{}], "history": f"pip install --token {TOKEN}"}, "config.txt"),
    "a secret in a variable": ({"layers": [{}], "variable": "SECRET_KEY=abc"}, "SECRET_KEY is set"),
}


@pytest.mark.parametrize("case", PLANTED)
def test_a_secret_is_found_wherever_it_is(tmp_path: Path, case: str) -> None:
    planted, where = PLANTED[case]
    layers, rest = planted["layers"], {name: value for name, value in planted.items() if name != "layers"}

    status, said, complaints = looked(image_of(tmp_path / "image", *layers, **rest))

    assert status == 1
    found = [one for layer in said.values() for one in layer["found"]]
    assert any(where in one for one in found), found
    assert where in complaints
    assert TOKEN not in complaints


def test_what_a_package_publishes_is_no_secret(tmp_path: Path) -> None:
    said = base64.urlsafe_b64encode(hashlib.sha256(PRIVATE.encode()).digest()).decode().rstrip("=")
    layer = {INSTALLED: PRIVATE, RECORD: f"kettle/keys.py,sha256={said},9\n"}

    assert looked(image_of(tmp_path / "image", layer))[0] == 0


def test_an_image_that_cannot_be_read_has_not_passed(tmp_path: Path) -> None:
    status, said, complaints = looked(tmp_path)

    assert (status, said) == (1, {})
    assert complaints.startswith(f"{tmp_path} holds no image: ")
