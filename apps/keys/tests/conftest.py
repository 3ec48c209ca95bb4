from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest


@pytest.fixture
def remember(now: Any) -> Callable[[str], Any]:
    """Store a text, encrypted, in the tenant that the test is in: in the one table that the lowest app has for it."""
    from apps.core.models import RememberedAnswer

    def store(body: str) -> RememberedAnswer:
        return RememberedAnswer.objects.create(
            user=uuid4(), key=str(uuid4()), request_digest=b"d" * 32, body=body, created_at=now
        )

    return store
