"""What is in force, of all that the levels say."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import override_settings
from django_tenants.utils import schema_context

from apps.configuration import services
from apps.configuration.environment import ENVIRONMENT, flaws_of_environment
from apps.configuration.models import Layer, Setting
from apps.configuration.registry import ANYWHERE, Key, Level, Merge
from apps.core.errors import Invalid, Refused

pytestmark = pytest.mark.requirement("UC-002", "ENV-002")
Toy = Callable[..., Key]
KEY = "toy.number"


def _set(schema: str, value: Any, now: datetime, **place: Any) -> None:
    with schema_context(schema):
        services.change(KEY, value, now=now, **place)


def _winner() -> tuple[str, Any]:
    explained = services.explain(KEY)
    return str(explained.winner.level), explained.value


def test_each_level_goes_before_the_one_below_it(acme: Any, now: datetime, toy: Toy, make_user: Any) -> None:
    toy(levels=(*ANYWHERE, Level.USER))
    ada = make_user("ada@acme.example")
    assert _winner() == ("default", 10)

    with override_settings(CONFIGURATION={"TOY_NUMBER": "11"}):
        ENVIRONMENT.forget()
        assert _winner() == ("environment", 11)
        _set("public", 12, now)
        assert _winner() == ("global", 12)
        _set("acme", 13, now)
        assert _winner() == ("tenant", 13)
        _set("acme", 14, now, layer=Layer.USER, user=ada.pk)
        assert services.explain(KEY, user=ada.pk).value == services.get(KEY, user=ada.pk) == 14
        assert _winner() == ("tenant", 13)
        end = {"layer": Layer.RUNTIME, "until": now + timedelta(hours=1)}
        _set("acme", 15, now, **end)
        assert services.explain(KEY, now=now).value == 15
        _set("public", 16, now, **end)
        assert services.explain(KEY, now=now).value == 16
        assert [str(one.level) for one in services.explain(KEY, now=now).said] == [
            *("default", "environment", "global", "tenant", "runtime", "runtime")
        ]


def test_what_holds_for_a_time_ends_by_itself(acme: Any, now: datetime, toy: Toy) -> None:
    toy()
    _set("acme", 15, now, layer=Layer.RUNTIME, until=now + timedelta(hours=1))

    assert services.explain(KEY, now=now + timedelta(minutes=59)).value == 15
    assert services.explain(KEY, now=now + timedelta(hours=1)).value == 10


@pytest.mark.parametrize("hours", [None, 0, -1, 24 * 365 * 11])
def test_what_holds_for_a_time_says_until_when(acme: Any, now: datetime, toy: Toy, hours: int | None) -> None:
    toy()
    until = None if hours is None else now + timedelta(hours=hours)

    with pytest.raises(Invalid) as refusal:
        services.change(KEY, 1, now=now, layer=Layer.RUNTIME, until=until)

    assert refusal.value.errors[0].pointer == "/until"


def test_who_said_what_and_when_is_told(acme: Any, now: datetime, toy: Toy, make_user: Any) -> None:
    toy()
    ada = make_user("ada@acme.example")
    services.change(KEY, 3, now=now, actor=ada)

    tenant = services.explain(KEY).levels[-1]

    assert (tenant["by"], tenant["at"], tenant["in_force"]) == (str(ada.pk), now, True)


@pytest.mark.parametrize(
    ("merge", "bound", "tighter", "looser"), [(Merge.LOWEST, 10, 5, 11), (Merge.HIGHEST, 10, 15, 9)]
)
def test_what_is_security_is_only_tightened_below(
    acme: Any, now: datetime, toy: Toy, merge: Merge, bound: int, tighter: int, looser: int
) -> None:
    toy(merge=merge)
    with pytest.raises(Invalid) as refusal:
        services.change(KEY, looser, now=now)
    assert (refusal.value.errors[0].pointer, refusal.value.errors[0].code) == ("/value", "loosens")

    services.change(KEY, tighter, now=now)
    assert services.get(KEY) == tighter

    _set("public", looser, now)  # the platform itself is free; a tenant that is stricter stays so
    assert services.get(KEY) == tighter


def test_a_platform_that_becomes_stricter_binds_who_was_looser(acme: Any, now: datetime, toy: Toy) -> None:
    toy(merge=Merge.LOWEST)
    services.change(KEY, 8, now=now)

    _set("public", 4, now)

    assert services.get(KEY) == 4
    assert _winner() == ("global", 4)


def test_a_default_that_becomes_stricter_binds_tenants_and_not_the_platform(acme: Any, now: datetime, toy: Toy) -> None:
    toy(merge=Merge.LOWEST)
    services.change(KEY, 8, now=now)
    toy(merge=Merge.LOWEST, default=4)
    services.forget()
    assert services.get(KEY) == 4
    assert _winner() == ("default", 4)

    _set("public", 6, now)
    assert services.get(KEY) == 6


def test_the_environment_binds_the_platform_where_it_is_security(acme: Any, now: datetime, toy: Toy) -> None:
    toy(merge=Merge.LOWEST)
    with override_settings(CONFIGURATION={"TOY_NUMBER": "6"}):
        ENVIRONMENT.forget()
        with pytest.raises(Invalid):
            _set("public", 7, now)


def test_objects_are_patched_by_the_levels_above(acme: Any, now: datetime, toy: Toy) -> None:
    toy(default={"a": 1, "b": {"c": 2, "d": 3}}, schema={"type": "object"}, merge=Merge.DEEP)

    services.change(KEY, {"b": {"c": 5, "d": None}, "e": 6}, now=now)

    assert services.get(KEY) == {"a": 1, "b": {"c": 5}, "e": 6}


def test_a_lock_silences_and_refuses_who_is_below(acme: Any, now: datetime, toy: Toy) -> None:
    toy()
    _set("public", 5, now, is_locked=True)

    with pytest.raises(Refused) as refusal:
        services.change(KEY, 6, now=now)
    Setting.objects.create(key=KEY, open_value=6, changed_at=now)  # as if it had been set in the same moment

    assert refusal.value.code == "setting_locked"
    assert services.explain(KEY).value == 5


def test_a_lock_leaves_who_set_it_free_to_say_otherwise_for_a_time(acme: Any, now: datetime, toy: Toy) -> None:
    toy()
    _set("acme", 5, now, is_locked=True)
    _set("acme", 7, now, layer=Layer.RUNTIME, until=now + timedelta(hours=1))

    assert services.explain(KEY, now=now).value == 7


def test_what_somebody_of_the_platform_sets_for_themselves_holds_in_no_tenant(
    acme: Any, now: datetime, toy: Toy, make_user: Any
) -> None:
    """Nor for a user of a tenant that has the same id."""
    toy(levels=(*ANYWHERE, Level.USER))
    with schema_context("public"):
        root = make_user("root@platform.example")
    _set("public", 14, now, layer=Layer.USER, user=root.pk)

    assert services.get(KEY, user=root.pk) == services.explain(KEY, user=root.pk).value == 10
    with schema_context("public"):
        assert services.get(KEY, user=root.pk) == 14


def test_a_lock_stays_with_another_value_until_it_is_taken_away(acme: Any, now: datetime, toy: Toy) -> None:
    toy()
    _set("public", 5, now, is_locked=True)
    _set("public", 6, now)

    with pytest.raises(Refused):
        services.change(KEY, 7, now=now)

    _set("public", 6, now, is_locked=False)
    services.change(KEY, 7, now=now)
    assert services.get(KEY) == 7


def test_a_lock_that_contradicts_a_tenant_says_which(acme: Any, beta: Any, now: datetime, toy: Toy) -> None:
    toy()
    _set("acme", 6, now)
    _set("beta", 5, now)

    with pytest.raises(Refused) as refusal:
        _set("public", 5, now, is_locked=True)

    assert [one.detail for one in refusal.value.errors] == ["acme says 6."]
    assert services.explain(KEY).value == 6


@pytest.mark.parametrize("place", [{"layer": Layer.USER}, {"layer": Layer.RUNTIME}])
def test_a_key_is_set_only_where_it_may_be(
    acme: Any, now: datetime, toy: Toy, place: dict[str, Any], make_user: Any
) -> None:
    toy(levels=(Level.GLOBAL, Level.TENANT))
    place = place | ({"user": make_user("ada@acme.example").pk} if place["layer"] == Layer.USER else {})

    with pytest.raises(Invalid) as refusal:
        services.change(KEY, 1, now=now, **place)

    assert refusal.value.errors[0].pointer == "/scope"


@pytest.mark.requirement("SEC-DATA-001")
def test_what_is_sensitive_comes_from_the_environment_alone_and_is_never_shown(
    acme: Any, now: datetime, toy: Toy
) -> None:
    toy(default="", schema={"type": "string"}, sensitive=True)
    with override_settings(CONFIGURATION={"TOY_NUMBER": "hush"}):
        ENVIRONMENT.forget()
        with pytest.raises(Invalid):
            services.change(KEY, "loud", now=now)

        assert services.get(KEY) == "hush"
        assert "hush" not in repr(services.explain(KEY))


def test_a_stored_value_that_no_longer_fits_counts_for_nothing_and_says_why(acme: Any, now: datetime, toy: Toy) -> None:
    toy()
    services.change(KEY, 50, now=now)

    toy(schema={"type": "integer", "maximum": 20})

    assert services.get(KEY) == 10
    assert "50" in services.explain(KEY).levels[-1]["problem"]


def test_what_the_environment_says_wrongly_counts_for_nothing_and_is_told(acme: Any, toy: Toy) -> None:
    toy()
    with override_settings(CONFIGURATION={"TOY_NUMBER": "many", "TOY_NOTHING": "1"}):
        ENVIRONMENT.forget()

        assert services.get(KEY) == 10
        assert list(flaws_of_environment()) == ["TOY_NOTHING", KEY]


def test_the_value_of_a_user_who_is_gone_goes_with_them(acme: Any, now: datetime, toy: Toy, make_user: Any) -> None:
    toy(levels=(Level.USER,))
    ada = make_user("ada@acme.example")
    services.change(KEY, 3, now=now, layer=Layer.USER, user=ada.pk)

    get_user_model().objects.filter(pk=ada.pk).delete()

    assert not Setting.objects.exists()
