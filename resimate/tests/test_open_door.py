"""What opens the door to the inside is for tests; production does not start with it, nor heed it."""

from ipaddress import ip_network
from typing import Any

import pytest

from apps.outbound.lines import rules
from apps.outbound.services import problem_with
from resimate import checks, env
from resimate.env import BadSetting

pytestmark = pytest.mark.requirement("ENV-001", "AR-002")
NAME = "RESIMATE_OUTBOUND_ALLOW"


def test_networks_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env, "DECLARED", {})
    assert env.networks(NAME, "x") == ()
    monkeypatch.setenv(NAME, "127.0.0.0/8, ::1/128,10.1.2.3")
    assert env.networks(NAME, "x") == (ip_network("127.0.0.0/8"), ip_network("::1/128"), ip_network("10.1.2.3/32"))


@pytest.mark.parametrize("wrong", ["localhost", "127.0.0.1/8", "10.0.0.0/40"])
def test_what_is_no_network_is_refused_with_a_sentence(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setattr(env, "DECLARED", {})
    monkeypatch.setenv(NAME, wrong)

    with pytest.raises(BadSetting, match=f"{NAME} takes networks such as 127.0.0.0/8"):
        env.networks(NAME, "x")


def test_production_does_not_start_with_an_open_door(settings: Any) -> None:
    settings.OUTBOUND_ALLOW = (ip_network("127.0.0.0/8"),)
    assert checks.refuse_an_open_door() == []
    settings.DEVELOPMENT = False

    (refusal,) = checks.refuse_an_open_door()
    with pytest.raises(SystemExit, match=f"Unset {NAME}"):
        checks.stop_when_unfit("web")

    assert refusal.msg.startswith(f"Unset {NAME}: ")
    assert rules().allowed == ()
    assert problem_with("https://127.0.0.1/") is not None
    settings.OUTBOUND_ALLOW = ()
    assert checks.refuse_an_open_door() == []
