"""Every rule holds on every platform, and would be noticed if it did not."""

from importlib import import_module
from typing import Any

import pytest

from resimate_infra.platforms import PLATFORMS, chosen
from resimate_infra.tests.conftest import built
from resimate_infra.tests.recording import Recorded
from resimate_infra.tests.rules import RULES, Line, open_to_all, strangers

LINES = [
    pytest.param(
        platform, line, marks=pytest.mark.requirement(*RULES[rule]), id=f"{platform}-{rule}-{line.path}-{number}"
    )
    for platform in sorted(PLATFORMS)
    for rule, lines in import_module(f"resimate_infra.tests.tables.{platform}").LINES.items()
    for number, line in enumerate(lines)
]


def table(platform: str) -> Any:
    return import_module(f"resimate_infra.tests.tables.{platform}")


@pytest.mark.requirement(
    "K8S-001", "DB-001", "NET-001", "SCALE-002", "SEC-DATA-001", "EXT-001", "AR-001", "AR-003", "DEV-002"
)
@pytest.mark.parametrize(("platform", "line"), LINES)
def test_a_platform_says_what_is_asked(platform: str, line: Line) -> None:
    assert line.problems(built(platform)) == []


@pytest.mark.parametrize(("platform", "line"), LINES)
def test_what_breaks_a_rule_is_noticed(platform: str, line: Line) -> None:
    recorded = built(platform)

    assert len(line.problems(line.broken(recorded))) == 1
    assert len(line.problems(line.without(recorded))) == 1


@pytest.mark.parametrize("name", sorted(PLATFORMS))
def test_every_rule_has_lines_or_is_left_to_somebody(name: str) -> None:
    pytest.importorskip("pulumi_random", reason="the packages of infra/pulumi are not here; `make infrastructure`")
    left = chosen(name).leaves

    assert set(table(name).LINES) | set(left) == set(RULES)
    assert set(table(name).LINES) & set(left) == set()


@pytest.mark.requirement("NET-001", "SEC-NET-001")
def test_the_public_reaches_nothing_but_https(platform: Recorded) -> None:
    assert open_to_all(platform) == []


@pytest.mark.requirement("SEC-NET-001")
def test_only_the_application_and_those_who_manage_reach_data(platform: Recorded) -> None:
    of = table(platform.platform)

    assert strangers(platform, 5432, of.DATABASE_FROM) == []
    assert strangers(platform, platform.outputs["site"]["cachePort"], of.CACHE_FROM) == []
