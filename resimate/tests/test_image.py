"""What the image is built of: the parts that run and no others, by whom and on what it is started."""

import re
import tomllib
from typing import Any

import pytest
import yaml

from resimate import env, wishes
from resimate.tests.sources import PACKAGES, ROOT

pytestmark = pytest.mark.requirement("AR-003")

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
IN_THE_IMAGE = ("azure", "google", "pkcs11", "vault")
NAME = re.compile(r"^[\w.-]+")


def _locked(name: str) -> dict[str, frozenset[str]]:
    """Each package of a lock file, by name, version and when it is wanted, with its digests."""
    entries = re.findall(r"^(\S+==[^\\]+?) *\\\n((?:    --hash=\S+(?: \\\n|\n|$))+)", (ROOT / name).read_text(), re.M)
    return {said: frozenset(re.findall(r"--hash=(\S+)", hashes)) for said, hashes in entries}


def _named(requirements: list[str]) -> set[str]:
    return {found[0].lower() for one in requirements if (found := NAME.match(one))}


def _stages() -> list[list[str]]:
    """The instructions of the Dockerfile, by stage; what stands before the first is its own."""
    text = re.sub(r"\\\n", " ", "\n".join(_said("Dockerfile")))
    found: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.startswith("FROM "):
            found.append([])
        found[-1].append(line)
    return found


def _said(name: str) -> list[str]:
    return [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith("#")]


def test_what_is_locked_for_the_image_is_what_is_tested() -> None:
    tested = _locked("requirements-peers.lock") | _locked("requirements.lock")
    image = _locked("requirements-image.lock")

    assert len(image) > 60
    assert {name: image[name] for name in image if tested.get(name) != image[name]} == {}


def test_the_image_has_what_runs_and_neither_servers_nor_tools_of_tests() -> None:
    optional, groups = PROJECT["project"]["optional-dependencies"], PROJECT["dependency-groups"]
    runs = _named([*PROJECT["project"]["dependencies"], *(one for name in IN_THE_IMAGE for one in optional[name])])
    tools = _named([one for group in groups.values() for one in group]) | _named(optional["embedded"])
    locked = {said.partition("==")[0] for said in _locked("requirements-image.lock")}

    assert set(optional) == {*IN_THE_IMAGE, "embedded"}
    assert runs <= locked
    assert locked & (tools - runs) == set()


def test_nothing_comes_into_the_image_that_is_not_named() -> None:
    lines = _said(".dockerignore")
    let_in = {line[1:] for line in lines if line.startswith("!")}
    kept_out = {line for line in lines if not line.startswith("!")}

    assert lines[0] == "*"
    assert {package.name for package in PACKAGES} <= let_in
    assert {name for name in let_in if not (ROOT / name).exists()} == set()
    assert let_in.isdisjoint({".git", ".data", "build", "conftest.py", "docs", "infra", "k8s", "scripts"})
    assert {"**/tests", "resimate/bench", "resimate/guards"} <= kept_out
    last_let_in = max(number for number, line in enumerate(lines) if line.startswith("!"))
    assert lines.index("**/tests") > last_let_in  # the last line that fits has the word


def test_bases_are_named_by_who_builds_and_packages_come_by_their_digests() -> None:
    before, build, runtime = _stages()

    assert [line.split("=")[0] for line in before] == ["ARG BUILD_IMAGE", "ARG RUNTIME_IMAGE"]
    assert (build[0], runtime[0]) == ("FROM ${BUILD_IMAGE} AS build", "FROM ${RUNTIME_IMAGE}")
    installing = [line for line in build if "/pip " in line]
    assert len(installing) == 2
    assert all("--require-hashes" in line and "--no-deps" in line for line in installing)
    # Whoever reads settings in development makes secrets there: none stays in what is copied on.
    assert all(" RESIMATE_DATA_DIR=/tmp/" in line for line in build if "manage.py" in line)
    assert not any(line.startswith("ADD") for line in (*build, *runtime))


def test_it_runs_as_nobody_and_by_what_pods_say() -> None:
    *_, runtime = _stages()
    users = [line.split()[1] for line in runtime if line.startswith("USER")]
    pods = [yaml.safe_load((ROOT / f"k8s/templates/{kind}/deployment.yaml").read_text()) for kind in ("web", "worker")]
    context = [pod["spec"]["template"]["spec"]["securityContext"] for pod in pods]

    assert [f"{one['runAsUser']}:{one['runAsGroup']}" for one in context] == [users[-1]] * 2 == ["65532:65532"] * 2
    assert 'ENTRYPOINT ["python", "-m", "resimate"]' in runtime
    # There is no shell in it: each command is a list.
    assert all(line.startswith("RUN [") for line in runtime if line.startswith("RUN"))


def test_what_it_sets_is_read_and_holds_no_secret() -> None:
    *_, runtime = _stages()
    [line] = [line for line in runtime if line.startswith("ENV")]
    said = dict(pair.split("=", 1) for pair in line.split()[1:])
    ours = {name: value for name, value in said.items() if name not in ("PATH", "PYTHONDONTWRITEBYTECODE")}

    wishes.declare()
    assert ours.keys() <= env.DECLARED.keys()
    assert ours["RESIMATE_ENV"] == "production"
    assert not [name for name in ours if "secret" in env.DECLARED[name].kind]


@pytest.mark.parametrize("script", ["image", "image-prune", "image-runtime"])
def test_scripts_of_the_image_end_at_the_first_fault(script: str) -> None:
    path = ROOT / "scripts" / script

    assert path.read_text().startswith("#!/bin/sh\n")
    assert "\nset -eu\n" in path.read_text()
    assert path.stat().st_mode & 0o111
