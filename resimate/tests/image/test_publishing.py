"""The image goes to registries signed, with the list of its parts vouched for, whole or not at all."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from resimate.tests.image.containers import LAYOUT, Image
from resimate.tests.image.registries import PEERS, Registry, registry, small_image, tool
from resimate.tests.sources import ROOT
from resimate_servers import ports

pytestmark = [pytest.mark.requirement("AR-003", "DEV-001"), pytest.mark.image]

NAME = "resimate"
SIGNATURE, PARTS = "https://sigstore.dev/cosign/sign/v1", "https://cyclonedx.org/bom"
PASSWORD = {"COSIGN_PASSWORD": "only-for-tests"}


@dataclass(frozen=True)
class Said:
    status: int
    output: str
    refusal: str


def publish(*arguments: object, password: str | None = PASSWORD["COSIGN_PASSWORD"]) -> Said:
    environment = {name: value for name, value in os.environ.items() if name != "COSIGN_PASSWORD"}
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/image-publish", *map(str, arguments)],
        env=environment | ({"COSIGN_PASSWORD": password} if password is not None else {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr.strip())


def key_pair(folder: Path) -> Path:
    """A private key; the public one is beside it."""
    cosign = tool(PEERS / "cosign")
    tool(PEERS / "oras")
    subprocess.run(
        [cosign, "generate-key-pair"], cwd=folder, env=os.environ | PASSWORD, check=True, capture_output=True
    )
    return folder / "cosign.key"


def verify(key: Path, image: str) -> Said:
    return publish("--verify", "--key", key.with_suffix(".pub"), image)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return key_pair(tmp_path_factory.mktemp("key"))


@pytest.fixture
def first(tmp_path: Path) -> Iterator[Registry]:
    with registry(tmp_path / "first") as one:
        yield one


@pytest.fixture
def second(tmp_path: Path) -> Iterator[Registry]:
    with registry(tmp_path / "second") as one:
        yield one


@pytest.fixture
def published(tmp_path: Path, key: Path, first: Registry) -> str:
    """The digest of a small image that is at the first registry, signed."""
    layout, digest = small_image(tmp_path, "published")
    said = publish("--layout", layout, "--key", key, "--tag", "1", f"{first.address}/{NAME}")
    assert said.status == 0, said.refusal
    return digest


def test_the_built_image_is_the_same_signed_one_in_two_registries(key: Path, first: Registry, second: Registry) -> None:
    digest = json.loads((LAYOUT / "index.json").read_text())["manifests"][0]["digest"]
    names = [f"{one.address}/{NAME}" for one in (first, second)]

    said = publish("--json", "--key", key, "--tag", "1.0", *names)

    assert (said.status, said.refusal) == (0, "")
    assert list(json.loads(said.output)) == [f"{name}@{digest}" for name in names]
    for one, name in zip((first, second), names, strict=True):
        assert one.tags(NAME) == {"1.0"}
        assert one.manifest(NAME, "1.0") == Image().manifest
        assert one.vouching(NAME, digest).keys() == {SIGNATURE, PARTS}
        assert verify(key, f"{name}@{digest}").status == 0


def test_what_is_published_again_is_signed_once(tmp_path: Path, key: Path, first: Registry, published: str) -> None:
    said = publish("--layout", tmp_path / "small.oci", "--key", key, "--tag", "2", f"{first.address}/{NAME}")

    assert said.status == 0
    assert first.tags(NAME) == {"1", "2"}
    assert len(first.manifest(NAME, published.replace(":", "-"))["manifests"]) == 2


def test_another_key_does_not_vouch_for_it(tmp_path: Path, first: Registry, published: str) -> None:
    other = tmp_path / "other"
    other.mkdir()

    said = verify(key_pair(other), f"{first.address}/{NAME}@{published}")

    assert said.status == 1
    assert said.refusal.startswith(f"{first.address}/{NAME}@{published} is not to be trusted: cosign verify: ")
    assert "\n" not in said.refusal


def test_another_image_is_refused_even_with_the_signature_of_this_one(
    tmp_path: Path, key: Path, first: Registry, published: str
) -> None:
    (tmp_path / "another").mkdir()
    layout, another = small_image(tmp_path / "another", "another")
    there = f"{first.address}/{NAME}@{another}"
    sent: list[str | Path] = [
        PEERS / "oras",
        "cp",
        "--from-oci-layout",
        "--to-plain-http",
        f"{layout}@{another}",
        there,
    ]
    subprocess.run(sent, check=True, capture_output=True)
    unsigned = verify(key, there)
    size = len((layout / "blobs" / another.replace(":", "/")).read_bytes())
    subject = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": another, "size": size}
    borrowed = [one | {"subject": subject} for one in first.vouching(NAME, published).values()]
    first.vouch(NAME, another, *borrowed)

    signed = verify(key, there)

    assert (unsigned.status, signed.status) == (1, 1)
    assert "no signatures found" in unsigned.refusal
    assert "is not to be trusted" in signed.refusal


@pytest.mark.parametrize("without", [SIGNATURE, PARTS])
def test_a_signature_without_parts_is_not_enough_nor_parts_without_a_signature(
    without: str, key: Path, first: Registry, published: str
) -> None:
    vouching = first.vouching(NAME, published)
    first.vouch(NAME, published, *(one for what, one in vouching.items() if what != without))

    said = verify(key, f"{first.address}/{NAME}@{published}")

    assert said.status == 1
    assert ("it is not signed" if without == SIGNATURE else "none of the attestations matched") in said.refusal


@pytest.mark.parametrize("changed", [SIGNATURE, PARTS])
def test_a_changed_statement_is_refused(changed: str, key: Path, first: Registry, published: str) -> None:
    vouching = first.vouching(NAME, published)
    before, after = {PARTS: ('"CycloneDX"', '"CycloneDY"'), SIGNATURE: (published[-8:], "0" * 8)}[changed]
    vouching[changed] = first.with_another_statement(NAME, vouching[changed], before, after)
    first.vouch(NAME, published, *vouching.values())

    said = verify(key, f"{first.address}/{NAME}@{published}")

    assert said.status == 1
    assert "is not to be trusted" in said.refusal


def test_a_registry_that_is_away_leaves_nothing_anywhere(tmp_path: Path, key: Path, first: Registry) -> None:
    layout, digest = small_image(tmp_path, "away")
    away = f"127.0.0.1:{ports.choose('away', {})}"

    said = publish("--layout", layout, "--key", key, f"{first.address}/{NAME}", f"{away}/{NAME}")

    assert (said.status, said.output) == (1, "")
    assert said.refusal == (f"The registry {away} cannot be reached: [Errno 111] Connection refused. Nothing was sent.")
    assert not first.has(NAME, digest)


def test_a_registry_that_takes_nothing_keeps_the_tag_from_all(tmp_path: Path, key: Path, first: Registry) -> None:
    layout, _ = small_image(tmp_path, "closed")
    with registry(tmp_path / "closed", closed=True) as closed:
        said = publish("--layout", layout, "--key", key, f"{first.address}/{NAME}", f"{closed.address}/{NAME}")

        assert said.status == 1
        assert said.refusal.startswith("oras cp: ")
        assert said.refusal.endswith("No tag was given.")
        assert "\n" not in said.refusal
        assert (first.tags(NAME), closed.tags(NAME)) == (set(), set())


def test_a_tag_that_leads_to_another_image_is_not_moved(
    tmp_path: Path, key: Path, first: Registry, second: Registry, published: str
) -> None:
    (tmp_path / "next").mkdir()
    layout, following = small_image(tmp_path / "next", "next")
    names = f"{second.address}/{NAME}", f"{first.address}/{NAME}"

    said = publish("--layout", layout, "--key", key, "--tag", "1", *names)

    assert said.status == 1
    assert said.refusal == (f"{names[1]}:1 is another image, {published}. Say another --tag; nothing was sent.")
    assert not second.has(NAME, following)


def test_what_cannot_be_published_is_said_before_anything_is_sent(tmp_path: Path, key: Path, first: Registry) -> None:
    layout, digest = small_image(tmp_path, "refused")
    name = f"{first.address}/{NAME}"
    cases = {
        publish(
            "--layout", tmp_path / "none", "--key", key, name
        ): "There is no whole image in .*; `make image` builds it",
        publish("--layout", layout, "--key", key, name, password=None): "Set COSIGN_PASSWORD: it opens the key,",
        publish("--layout", layout, "--key", key, name, password="wrong"): "cosign public-key: .*decryption failed",
        publish("--verify", "--key", key, f"{name}:1"): "names no digest; a tag may lead elsewhere",
    }
    (tmp_path / "sbom.cdx.json").write_text(json.dumps({"metadata": {"component": {"version": "sha256:0"}}}))
    cases[publish("--layout", layout, "--key", key, name)] = "lists the parts of sha256:0, and the image is sha256:"

    for said, sentence in cases.items():
        assert (said.status, said.output) == (1, "")
        assert re.search(sentence, said.refusal), said.refusal
        assert "\n" not in said.refusal
    assert not first.has(NAME, digest)
