"""With its key-encryption key lost the service starts, so that the keys can be recovered."""

import io
from typing import Any

import pytest
from django.core.management import call_command

from apps.audit import partitions
from apps.core.crypto import KeyAway
from apps.tenants import fleet, provisioning
from resimate import demo


@pytest.mark.requirement("SEC-DATA-002")
def test_demo_data_that_cannot_be_read_keep_nobody_from_starting(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    def away() -> None:
        raise KeyAway("ENCRYPTION_KEY is another one")

    settings.COLLECTED_STATIC = False
    monkeypatch.setattr(fleet, "wait_for_database", lambda *_: None)
    monkeypatch.setattr(provisioning, "public_is_behind", lambda: False)
    monkeypatch.setattr(fleet, "plan", list)
    monkeypatch.setattr(partitions, "make_ahead", lambda: None)
    monkeypatch.setattr(demo, "ensure", away)
    told = io.StringIO()

    call_command("prepare", stderr=told)

    assert told.getvalue() == "The demo data stay as they are: ENCRYPTION_KEY is another one\n"
