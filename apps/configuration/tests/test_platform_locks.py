"""What the platform locks is compared with what all tenants say: by as many queries, however many they are."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from apps.configuration import services
from apps.configuration.models import Layer, Setting
from apps.configuration.registry import ANYWHERE, Level
from apps.configuration.services.checking import MOST_NAMED
from apps.core.errors import Invalid
from apps.core.models import TenantFact
from apps.tenants.models import Tenant

pytestmark = pytest.mark.requirement("UC-002")
Toy = Callable[..., Any]
KEY = "toy.number"


def _lock(value: Any, now: datetime, key: str = KEY) -> int:
    """How many queries it took."""
    with schema_context("public"), CaptureQueriesContext(connection) as queries:
        services.change(key, value, now=now, is_locked=True)
    return len(queries)


def _refused(value: Any, now: datetime, key: str = KEY) -> list[str]:
    with pytest.raises(services.Contradicted) as refusal:
        _lock(value, now, key)
    return [str(one.detail) for one in refusal.value.errors]


def _said_by(count: int, value: int, now: datetime) -> None:
    """So many more tenants, which have set it: as their triggers tell the platform."""
    names = [f"many{number:03}" for number in range(count)]
    Tenant.objects.bulk_create(Tenant(schema_name=name, slug=name, name=name, created_at=now) for name in names)
    TenantFact.objects.bulk_create(TenantFact(tenant=name, of="settings", name=KEY, value=value) for name in names)


def test_five_hundred_tenants_take_no_query_more_than_two(acme: Any, now: datetime, toy: Toy) -> None:
    toy()
    services.change(KEY, 5, now=now)
    _lock(5, now)  # from now on there is a row to write over
    few = _lock(5, now)
    with schema_context("public"):
        _said_by(500, 5, now)
        for of, name in (("settings", "toy.other"), ("others", KEY)):
            TenantFact.objects.create(tenant="beta", of=of, name=name, value=6)

    assert _lock(5, now) == few
    assert services.explain(KEY).said[-2].is_locked


def test_of_many_who_say_something_else_some_are_named(acme: Any, now: datetime, toy: Toy) -> None:
    toy()
    with schema_context("public"):
        _said_by(500, 6, now)

    told = _refused(5, now)

    assert told == [*(f"many{number:03} says 6." for number in range(MOST_NAMED)), "Others do, too."]


def test_what_is_taken_back_or_over_stands_in_the_way_no_more(acme: Any, beta: Any, now: datetime, toy: Toy) -> None:
    toy()
    services.change(KEY, 6, now=now)
    assert _refused(5, now) == ["acme says 6."]
    services.take_back(KEY, now=now)
    with schema_context("beta"):
        services.change(KEY, 7, now=now, layer=Layer.RUNTIME, until=now + timedelta(hours=1))
    assert _refused(5, now) == ["beta says 7."]

    _lock(5, now + timedelta(hours=1))

    assert services.get(KEY) == 5


def test_what_one_user_says_in_a_tenant_stands_in_the_way(acme: Any, now: datetime, toy: Toy, make_user: Any) -> None:
    toy(levels=(*ANYWHERE, Level.USER))
    ada = make_user("ada@acme.example")
    services.change(KEY, 3, now=now, layer=Layer.USER, user=ada.pk)
    assert _refused(5, now) == ["acme says 3."]

    ada.delete()

    _lock(5, now)


def test_the_platform_learns_of_a_text_that_there_is_one_and_no_more(acme: Any, now: datetime, toy: Toy) -> None:
    toy("toy.text", default="", schema={"type": "string"})
    services.change("toy.text", "Ada", now=now)
    as_before = "INSERT INTO configuration_setting (id, key, value, changed_at) VALUES (gen_random_uuid(), %s, %s, %s)"
    with connection.cursor() as cursor:
        cursor.execute(as_before, ["toy.other", '"Bo"', now])

    assert _refused("Ada", now, "toy.text") == ["acme says something else."]
    assert list(TenantFact.objects.order_by("name").values_list("name", "value")) == [
        ("toy.other", None),
        ("toy.text", None),
    ]


def test_what_a_process_of_before_sets_is_seen(acme: Any, now: datetime, toy: Toy) -> None:
    toy()
    Setting.objects.create(key=KEY, open_value=5, changed_at=now)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE configuration_setting SET value = '8' WHERE key = %s", [KEY])

    assert _refused(5, now) == ["acme says 8."]


def test_a_tenant_sees_and_tells_its_own_alone(acme: Any, beta: Any, now: datetime, toy: Toy) -> None:
    toy()
    for schema in ("acme", "beta", "public"):
        with schema_context(schema):
            services.change(KEY, 5, now=now)

    assert list(TenantFact.objects.values_list("tenant", flat=True)) == ["acme"]
    with schema_context("public"):
        assert set(TenantFact.objects.values_list("tenant", flat=True)) == {"acme", "beta"}


def test_what_holds_for_a_time_or_for_one_user_locks_nothing(
    acme: Any, now: datetime, toy: Toy, make_user: Any
) -> None:
    toy(levels=(*ANYWHERE, Level.USER))
    ada = make_user("ada@acme.example")
    places: list[dict[str, Any]] = [
        {"layer": Layer.RUNTIME, "until": now + timedelta(hours=1)},
        {"layer": Layer.USER, "user": ada.pk},
    ]

    for place in places:
        with pytest.raises(Invalid) as told:
            services.change(KEY, 5, now=now, is_locked=True, **place)
        assert [one.pointer for one in told.value.errors] == ["/locked"]


def test_what_a_user_has_written_is_not_told_to_who_locks_it(
    acme: Any, now: datetime, toy: Toy, make_user: Any
) -> None:
    toy("toy.text", default="", schema={"type": "string"}, levels=(*ANYWHERE, Level.USER))
    ada = make_user("ada@acme.example")
    services.change("toy.text", "Ada of Acme", now=now, layer=Layer.USER, user=ada.pk)

    with pytest.raises(services.Contradicted) as told:
        services.change("toy.text", "", now=now, is_locked=True)

    assert [str(one.detail) for one in told.value.errors] == [f"{ada.pk} says something else."]


def test_a_tenant_that_locks_something_new_is_not_in_its_own_way(acme: Any, now: datetime, toy: Toy) -> None:
    toy()
    services.change(KEY, 5, now=now)

    services.change(KEY, 7, now=now, is_locked=True)

    assert services.get(KEY) == 7
