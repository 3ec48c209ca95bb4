from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from apps.configuration.registry import KEYS, Key


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Key]:
    """Declares a key for this test alone."""

    def declare(name: str = "toy.number", default: Any = 10, schema: Any = None, **more: Any) -> Key:
        key = Key(name=name, default=default, schema=schema or {"type": "integer", "minimum": 0}, about="", **more)
        monkeypatch.setitem(KEYS, name, key)
        return key

    return declare


@pytest.fixture
def make_user(now: datetime) -> Callable[[str], Any]:
    """Somebody who may sign in: this app knows users by their ids alone."""

    def make(email: str) -> Any:
        return get_user_model().objects.create(email=email, name=email, created_at=now)

    return make
