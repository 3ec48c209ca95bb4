"""What a list shows of many rows is decrypted together: what it does not show stays sealed."""

from typing import Any

import pytest
from django_tenants.utils import tenant_context

from apps.core import crypto
from apps.core.fields import open_together
from apps.core.models import RememberedAnswer
from apps.keys.tests.answers import Remember, overwrite, stored

pytestmark = pytest.mark.requirement("SEC-DATA-001")


def fresh() -> list[RememberedAnswer]:
    return list(RememberedAnswer.objects.order_by("pk"))


def held(rows: list[RememberedAnswer]) -> list[Any]:
    return [row.__dict__["body"] for row in rows]


def test_it_opens_the_fields_that_are_named_and_no_others(acme: Any, remember: Remember) -> None:
    remember("Ada")
    remember("Bo")
    rows, sealed = fresh(), held(fresh())

    open_together(rows, ("key", "created_at"))
    untouched = held(rows)
    open_together(rows, ("body",))
    open_together(rows, ("body",))

    assert untouched == sealed != held(rows) == ["Ada", "Bo"]


def test_a_ciphertext_from_elsewhere_opens_nothing(acme: Any, beta: Any, remember: Remember) -> None:
    ours, other = remember("Ada"), remember("Bo")
    with tenant_context(beta):
        theirs = stored(remember("Cy"))

    for moved in (stored(other), theirs):
        overwrite(ours, moved)
        with pytest.raises(crypto.Undecryptable):
            open_together(fresh(), ("body",))


def test_nothing_and_what_was_not_loaded_are_left_alone(acme: Any, remember: Remember) -> None:
    remember("Ada")
    rows = list(RememberedAnswer.objects.defer("body"))

    open_together(rows, ("body",))
    open_together([], ("body",))

    assert "body" not in rows[0].__dict__
