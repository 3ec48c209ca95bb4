"""Fixtures of the story. Imports wait until a fixture runs: pytest reads this file before Django is set up."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from apps.accounts.models import User
    from apps.campaigns.models import Campaign
    from apps.campaigns.tests.story import Clock, Post
    from apps.models.models import ModelVersion, Subject


@pytest.fixture
def clock(now: datetime, monkeypatch: pytest.MonkeyPatch) -> "Clock":
    from apps.campaigns.tests.story import Clock

    clock = Clock(now)
    monkeypatch.setattr("django.utils.timezone.now", clock)
    return clock


@pytest.fixture
def ada(acme: Any, clock: "Clock") -> "User":
    from apps.campaigns.tests.story import make_user

    return make_user("ada@acme.example", clock.moment)


@pytest.fixture
def version(acme: Any, clock: "Clock") -> "ModelVersion":
    from apps.campaigns.tests.story import make_version

    return make_version(clock.moment)


@pytest.fixture
def harbour(acme: Any, clock: "Clock") -> "Subject":
    from apps.models.services import create_subject

    return create_subject(code="harbour", name="Harbour", acting_user=None, now=clock.moment)


@pytest.fixture
def draft(version: "ModelVersion", harbour: "Subject", ada: "User", clock: "Clock") -> "Campaign":
    from apps.campaigns import services
    from apps.campaigns.tests.story import BO, CY

    campaign = services.create_campaign(
        name="Spring check",
        version=version,
        subject=harbour,
        closes_at=clock.moment + timedelta(days=14),
        introduction="We want to be ready.",
        acting_user=ada,
        now=clock.moment,
    )
    services.add_stakeholders(campaign, [BO, CY], acting_user=ada, now=clock.moment)
    return campaign


@pytest.fixture
def campaign(draft: "Campaign", ada: "User", clock: "Clock") -> "Campaign":
    from apps.campaigns import services

    return services.open_campaign(draft, acting_user=ada, now=clock.moment)


@pytest.fixture
def bos_link(campaign: "Campaign") -> str:
    """The path of Bo's personal link."""
    from apps.campaigns.tests.story import BO, part_of, path_of

    return path_of(part_of(campaign, BO))


@pytest.fixture
def staff(ada: "User") -> "Client":
    """Ada's browser."""
    from django.test import Client

    from apps.campaigns.tests.story import HOST

    browser = Client(headers=HOST)
    browser.force_login(ada)
    return browser


@pytest.fixture
def visitor(acme: Any) -> "Client":
    """A browser in which nobody is signed in; it checks CSRF tokens as a real one would have to send them."""
    from django.test import Client

    from apps.campaigns.tests.story import HOST

    return Client(headers=HOST, enforce_csrf_checks=True)


@pytest.fixture
def post(tmp_path: Path, settings: Any) -> "Iterator[Post]":
    """A mail server that takes everything."""
    from apps.campaigns.tests.story import Post
    from resimate_servers import mailbox, ports

    port = ports.choose("mail", {})
    server = mailbox.Mailbox(tmp_path, port)
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.MAILBOX_DIR = tmp_path
    yield Post(tmp_path, port)
    server.stop()
