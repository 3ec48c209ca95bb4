"""Registries on this machine, images small enough to be sent around, and what somebody in a registry could do."""

import base64
import hashlib
import http.client
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from resimate.tests.sources import ROOT
from resimate_servers import ports
from resimate_servers.processes import wait_until

PEERS: Final = ROOT / "build/peers"
UNPACKED: Final = PEERS / "docker-registry/usr/bin/docker-registry"
MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
INDEX: Final = "application/vnd.oci.image.index.v1+json"
CONFIGURED: Final = """version: 0.1
storage: {{filesystem: {{rootdirectory: {folder}}}, maintenance: {{readonly: {{enabled: {closed}}}}}}}
http: {{addr: "{address}"}}
log: {{level: error}}
"""


def tool(program: Path) -> Path:
    """A program that tests here need; without it they are skipped, but in CI."""
    found = program if program.exists() else Path(shutil.which(program.name) or program)
    if not found.exists():
        reason = f"there is no {program.name}: `make image` fetches or builds it"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@dataclass(frozen=True)
class Registry:
    """Debian's docker-registry, which is what the project of that name publishes."""

    address: str

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self.address, timeout=30)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            location = answer.getheader("Location") or ""
            return answer.status, location.encode() if method == "POST" else answer.read()
        finally:
            connection.close()

    def tags(self, name: str) -> set[str]:
        """Those that people gave; where signatures are found is a tag as well in a registry of this kind."""
        status, body = self.ask("GET", f"/v2/{name}/tags/list")
        tags = json.loads(body).get("tags") or [] if status == 200 else []
        return {tag for tag in tags if not tag.startswith("sha256-")}

    def has(self, name: str, digest: str) -> bool:
        return self.ask("HEAD", f"/v2/{name}/manifests/{digest}", Accept=MANIFEST)[0] == 200

    def manifest(self, name: str, reference: str) -> dict[str, Any]:
        status, body = self.ask("GET", f"/v2/{name}/manifests/{reference}", Accept=f"{MANIFEST}, {INDEX}")
        assert status == 200, body
        return dict(json.loads(body))

    def blob(self, name: str, digest: str) -> bytes:
        return self.ask("GET", f"/v2/{name}/blobs/{digest}")[1]

    def put(self, name: str, manifest: dict[str, Any], reference: str = "") -> dict[str, Any]:
        """A manifest under its digest, or under a tag; said as an index says it."""
        body = json.dumps(manifest).encode()
        digest = digest_of(body)
        headers = {"Content_Type": manifest["mediaType"]}
        status, said = self.ask("PUT", f"/v2/{name}/manifests/{reference or digest}", body, **headers)
        assert status == 201, said
        return {"mediaType": manifest["mediaType"], "size": len(body), "digest": digest}

    def put_blob(self, name: str, content: bytes) -> str:
        _, place = self.ask("POST", f"/v2/{name}/blobs/uploads/")
        path = place.decode().partition(self.address)[2] or place.decode()
        digest = digest_of(content)
        status, said = self.ask("PUT", f"{path}&digest={digest}", content, Content_Type="application/octet-stream")
        assert status == 201, said
        return digest

    def vouching(self, name: str, digest: str) -> dict[str, dict[str, Any]]:
        """What vouches for an image, by what it says: its signature, and the list of its parts."""
        index = self.manifest(name, digest.replace(":", "-"))
        found = [self.manifest(name, one["digest"]) for one in index["manifests"]]
        return {one["annotations"]["dev.sigstore.bundle.predicateType"]: one for one in found}

    def vouch(self, name: str, digest: str, *manifests: dict[str, Any]) -> None:
        """Say that these vouch for the image, and nothing else does."""
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [self.put(name, one) for one in manifests]}
        self.put(name, index, digest.replace(":", "-"))

    def with_another_statement(self, name: str, manifest: dict[str, Any], before: str, after: str) -> dict[str, Any]:
        """The same with a changed statement under the signature that there was."""
        [layer] = manifest["layers"]
        bundle = json.loads(self.blob(name, layer["digest"]))
        envelope = bundle["dsseEnvelope"]
        said = base64.b64decode(envelope["payload"]).decode()
        assert before in said
        envelope["payload"] = base64.b64encode(said.replace(before, after).encode()).decode()
        content = json.dumps(bundle).encode()
        return {**manifest, "layers": [{**layer, "digest": self.put_blob(name, content), "size": len(content)}]}


@contextmanager
def registry(folder: Path, *, closed: bool = False) -> Iterator[Registry]:
    """A registry of its own; one that is closed answers, and takes nothing."""
    program = tool(UNPACKED)
    folder.mkdir()
    address = f"127.0.0.1:{ports.choose('registry', {})}"
    config = folder / "config.yml"
    config.write_text(CONFIGURED.format(folder=folder / "data", address=address, closed=str(closed).lower()))
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([program, "serve", config], stdout=log, stderr=subprocess.STDOUT)
    made = Registry(address)
    try:
        assert wait_until(lambda: process.poll() is not None or _answers(made), 30), (folder / "log").read_text()
        assert process.poll() is None, (folder / "log").read_text()
        yield made
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def _answers(registry: Registry) -> bool:
    try:
        return registry.ask("GET", "/v2/")[0] == 200
    except OSError:
        return False


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def small_image(folder: Path, words: str) -> tuple[Path, str]:
    """An image with nothing in it, the list of its parts beside it as `make image` would leave it; and its digest."""
    layout = folder / "small.oci"
    blobs = layout / "blobs/sha256"
    blobs.mkdir(parents=True)

    def kept(content: bytes, kind: str) -> dict[str, Any]:
        digest = digest_of(content)
        (blobs / digest.partition(":")[2]).write_bytes(content)
        return {"mediaType": kind, "size": len(content), "digest": digest}

    labels = {"org.opencontainers.image.revision": digest_of(words.encode()).partition(":")[2][:40]}
    config = {"architecture": "amd64", "os": "linux", "config": {"Labels": labels}, "rootfs": {"type": "layers"}}
    config["rootfs"]["diff_ids"] = []  # type: ignore[index]  # of a dictionary in a dictionary
    said = kept(json.dumps(config).encode(), "application/vnd.oci.image.config.v1+json")
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": said, "layers": list[Any]()}
    whole = kept(json.dumps(manifest).encode(), MANIFEST)
    (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [whole]}))
    parts = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": []}
    parts["metadata"] = {"component": {"type": "container", "name": words, "version": whole["digest"]}}
    (folder / "sbom.cdx.json").write_text(json.dumps(parts))
    return layout, whole["digest"]
