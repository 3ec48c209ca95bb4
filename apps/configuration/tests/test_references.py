"""What is sensitive may be in a vault: the environment says where. It is seen live, and where it is not, it is told."""

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.test import override_settings

from apps.configuration import references, services, snapshots
from apps.configuration.environment import ENVIRONMENT, flaws_of_environment, out_of_reach
from apps.configuration.levels import Unfit
from apps.core.parts import PARTS, look
from apps.keys import providers

pytestmark = pytest.mark.requirement("UC-002", "ENV-002", "SEC-DATA-001")
KEY, PLACE = "toy.number", "vault:secret/data/resimate#password"


class Vault:
    """In place of the real one (``test_references_on_openbao.py``): what it says, and how often it was asked."""

    def __init__(self) -> None:
        self.says: Any = "hush"
        self.asked: list[tuple[str, str]] = []

    def secret(self, path: str, field: str) -> Any:
        self.asked.append((path, field))
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Vault:
    made = Vault()
    monkeypatch.setattr(providers, "secret", made.secret)
    return made


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    passed = [0.0]
    monkeypatch.setattr("apps.configuration.references.time.monotonic", lambda: passed[0])

    def wait(seconds: float) -> None:
        passed[0] += seconds

    return wait


@pytest.fixture
def refers(acme: Any, toy: Callable[..., Any]) -> Iterator[Callable[[str], None]]:
    toy(default="", schema={"type": "string", "maxLength": 9}, sensitive=True)
    told: dict[str, str] = {}

    def refer(text: str) -> None:
        told["TOY_NUMBER"] = text
        snapshots._counted({})  # as the follower of a process does

    with override_settings(CONFIGURATION=told):
        refer(PLACE)
        yield refer


def test_the_value_comes_from_there_and_is_asked_for_once(refers: Any, vault: Vault) -> None:
    assert [services.get(KEY), services.get(KEY)] == ["hush", "hush"]

    assert vault.asked == [("secret/data/resimate", "password")]
    assert out_of_reach() == {}


def test_it_is_asked_for_by_whoever_wants_it_alone(refers: Any, vault: Vault) -> None:
    services.get("time_zone")
    services.explain_all()
    assert flaws_of_environment() == {}

    assert vault.asked == []


def test_what_is_new_there_is_seen_after_half_a_minute(refers: Any, vault: Vault, clock: Any) -> None:
    services.get(KEY)
    vault.says = "whisper"

    clock(29)
    assert services.get(KEY) == "hush"
    clock(1)
    assert services.get(KEY) == "whisper"


@pytest.mark.parametrize(
    "now", [providers.Unavailable("sealed"), providers.Lost("no such secret"), "too long for it", 7, None]
)
def test_the_last_good_value_holds_and_why_is_told(refers: Any, vault: Vault, clock: Any, now: Any) -> None:
    services.get(KEY)
    vault.says = now
    clock(30)

    assert services.get(KEY) == "hush"
    assert [name for name in out_of_reach() if out_of_reach()[name].startswith(PLACE)] == [KEY]
    assert not look([PARTS["settings"]])["settings"].up

    vault.says = "whisper"
    clock(30)
    assert (services.get(KEY), out_of_reach()) == ("whisper", {})


def test_where_none_was_ever_good_whoever_wants_it_is_refused_until_there_is(
    refers: Any, vault: Vault, clock: Any
) -> None:
    vault.says = providers.Unavailable("vault at http://there: away")
    with pytest.raises(Unfit) as refusal:
        services.get(KEY)
    assert "there" not in str(refusal.value.detail)
    vault.says = "hush"

    with pytest.raises(Unfit):
        services.get(KEY)
    clock(5)
    assert services.get(KEY) == "hush"


def test_another_reference_is_followed_at_once_and_one_that_leads_nowhere_takes_nothing_along(
    refers: Callable[[str], None], vault: Vault
) -> None:
    services.get(KEY)
    vault.says = providers.Lost("no such secret")
    refers("vault:secret/data/nowhere#password")
    assert services.get(KEY) == "hush"

    vault.says = "other"
    refers("vault:team/secret/data/a/b#x")

    assert services.get(KEY) == "other"
    assert vault.asked[1:] == [("secret/data/nowhere", "password"), ("team/secret/data/a/b", "x")]


@pytest.mark.parametrize(
    "text",
    [
        *("vault:", "vault:hush", "vault:secret/data/resimate", "vault:secret/data/resimate#", "vault:/data/x#y"),
        *("vault:secret/resimate#y", "vault:secret/data/../x#y", "vault:secret/data/x#y#2", "vault:secret/data/x/#y"),
        *("vault://secret/data/x#y", "vault:secret/data//x#y", "vault:sécret/data/x#y", "vault:secret/data/x?v=1#y"),
    ],
)
def test_what_only_begins_like_a_reference_is_refused_without_saying_it(
    refers: Callable[[str], None], vault: Vault, text: str
) -> None:
    refers(text)
    ENVIRONMENT.forget()

    with pytest.raises(Unfit):
        services.get(KEY)
    assert flaws_of_environment() == {KEY: "is no reference such as vault:secret/data/resimate#smtp_password"}
    assert vault.asked == []


def test_what_is_shown_is_no_reference(acme: Any, toy: Callable[..., Any], vault: Vault) -> None:
    toy(default="", schema={"type": "string"})
    with override_settings(CONFIGURATION={"TOY_NUMBER": PLACE}):
        ENVIRONMENT.forget()

        assert services.get(KEY) == ""
        assert list(flaws_of_environment()) == [KEY]
        assert [one["value"] for one in services.explain(KEY).levels] == ["", None]
        assert out_of_reach() == {}
    assert vault.asked == []


def test_a_number_may_stand_there_as_a_text(acme: Any, toy: Callable[..., Any], vault: Vault, clock: Any) -> None:
    toy(sensitive=True)
    vault.says = "7"
    with override_settings(CONFIGURATION={"TOY_NUMBER": PLACE}):
        ENVIRONMENT.forget()
        assert services.get(KEY) == 7

        vault.says = "seven"
        clock(30)
        assert services.get(KEY) == 7
        assert out_of_reach() == {KEY: f"{PLACE} does not fit"}


def test_while_one_asks_the_others_go_on_with_what_is_known(
    refers: Any, vault: Vault, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.get(KEY)
    clock(30)
    vault.says = "whisper"
    asks, go_on = threading.Event(), threading.Event()

    def slow(path: str, field: str) -> Any:
        asks.set()
        assert go_on.wait(20)
        return vault.secret(path, field)

    monkeypatch.setattr(providers, "secret", slow)
    there = references.Reference(KEY, "secret/data/resimate", "password")
    other = threading.Thread(target=references.problem_of, args=[there])
    other.start()
    assert asks.wait(20)

    assert services.get(KEY) == "hush"

    go_on.set()
    other.join(20)
    assert services.get(KEY) == "whisper"


def test_what_somebody_else_has_found_meanwhile_is_not_asked_for_again(
    refers: Any, vault: Vault, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other comes between its look at what is known and its turn."""
    there = references.Reference(KEY, "secret/data/resimate", "password")
    turns, found = references._looking, list[Any]()

    class Later:
        def __enter__(self) -> None:
            monkeypatch.setattr(references, "_looking", turns)
            found.append(references.value_of(there))

        def __exit__(self, *_: object) -> None:
            """It was never held."""

    monkeypatch.setattr(references, "_looking", Later())

    assert [references.value_of(there), *found] == ["hush", "hush"]
    assert len(vault.asked) == 1


@pytest.mark.django_db(databases=["default", "owner"])
def test_nothing_shows_it(
    refers: Any, vault: Vault, clock: Any, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    services.get(KEY)
    vault.says = providers.Unavailable("sealed")
    clock(30)
    services.get(KEY)
    call_command("config", "explain", KEY)
    call_command("config", "get", KEY, "--json")

    shown = [repr(services.explain(KEY)), repr(ENVIRONMENT), repr(references._known), repr(out_of_reach())]
    shown += [*capsys.readouterr(), caplog.text]
    assert "sealed" in caplog.text
    assert "hush" not in " ".join(shown)
