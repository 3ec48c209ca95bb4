"""Whoever begins a model with a code keeps others from beginning it, in their own tenant alone."""

from typing import Any

import pytest
from django_tenants.utils import schema_context

from apps.models.services import versions

pytestmark = pytest.mark.requirement("DB-002")


def test_two_tenants_begin_models_with_the_same_code_without_waiting_for_each_other(
    acme: Any, beta: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str] = []
    monkeypatch.setattr(versions, "hold", names.append)

    for tenant in (acme, beta):
        with schema_context(tenant.schema_name):
            assert versions.locked_by_code("harbour") is None

    assert len(set(names)) == 2
