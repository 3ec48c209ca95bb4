"""Digests are stored together; where one of them is another row's, the others are stored all the same."""

from collections.abc import Mapping
from typing import Any

import pytest
from django.db import IntegrityError

from apps.keys.services import reindexing

pytestmark = pytest.mark.requirement("SEC-DATA-001")


def test_a_digest_that_is_anothers_is_told_and_keeps_no_other(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(_of: Any, _slot: int, fresh: Mapping[str, bytes]) -> None:
        if "bo" in fresh:
            raise IntegrityError

    monkeypatch.setattr(reindexing, "_write", write)
    outcome, people = reindexing.Reindexed(), ("ada", "bo", "cy")
    of: Any = "people"

    reindexing._store(of, 1, dict.fromkeys(people, b"digest"), outcome)

    assert (outcome.written, outcome.failed) == (2, ["people bo: another row is found by the same"])
