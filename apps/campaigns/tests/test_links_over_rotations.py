"""No personal link dies because the key that signs links is replaced."""

import base64
from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_tenants.utils import schema_context

from apps.campaigns import links
from apps.campaigns.models import Campaign, Participation
from apps.campaigns.tests.story import BO, Clock, part_of
from apps.core import crypto
from apps.keys import services
from apps.keys.keyring import KEYRING, SIGNS_FROM
from apps.outreach.links import AFTERWARDS, LinkState

pytestmark = pytest.mark.requirement("SEC-DATA-002", "CAMP-001")
SETTLED = SIGNS_FROM + timedelta(minutes=1)


def rotate(ago: timedelta) -> None:
    with schema_context("public"):
        services.rotate("acme", purpose="signing", now=timezone.now() - ago)


def signed_by(secret: bytes, holder: Participation) -> str:
    """The token that a holder would have if this secret signed."""
    sealed = holder.pk.bytes + links.LINKS._seal(holder.pk, holder.link_version, secret)
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def test_links_from_before_one_rotation_and_two_open(campaign: Campaign, visitor: Client) -> None:
    bo = part_of(campaign, BO)
    sent = [links.token_for(bo)]
    for ago in (2 * SETTLED, SETTLED):
        rotate(ago)
        sent.append(links.token_for(bo))

    assert len(set(sent)) == 3
    assert [visitor.get(f"/a/{token}/").status_code for token in sent] == [200] * 3


def test_a_rotation_opens_no_link_that_was_withdrawn(campaign: Campaign, clock: Clock) -> None:
    bo = part_of(campaign, BO)
    before = links.token_for(bo)
    Participation.objects.filter(pk=bo.pk).update(link_version=2)
    rotate(SETTLED)

    assert links.find(before, now=clock.moment).state is LinkState.WITHDRAWN


def test_a_link_under_a_key_that_is_gone_is_unknown_and_no_key_goes_before_its_campaign(
    campaign: Campaign, clock: Clock
) -> None:
    token = links.token_for(part_of(campaign, BO))
    over = clock.moment + timedelta(days=30)
    rotate(timedelta(0))

    def destroy(now: Any) -> None:
        with schema_context("public"):
            services.note_unused("acme", "signing", now=now)
            services.destroy("acme", 1, purpose="signing", now=now)

    with pytest.raises(services.KeyInUse):
        destroy(over + timedelta(days=1000))
    Campaign.objects.filter(pk=campaign.pk).update(status="closed", closed_at=over)
    with pytest.raises(services.KeyInUse):
        destroy(over + AFTERWARDS - timedelta(days=1))
    assert links.find(token, now=clock.moment).state is not LinkState.UNKNOWN

    destroy(over + AFTERWARDS)
    assert links.find(token, now=clock.moment).state is LinkState.UNKNOWN


def test_the_key_of_another_tenant_signs_nothing_here(campaign: Campaign, clock: Clock) -> None:
    bo = part_of(campaign, BO)

    for schema, state in (("acme", LinkState.LIVE), ("beta", LinkState.UNKNOWN), ("public", LinkState.UNKNOWN)):
        with schema_context(schema):
            secret = crypto.signing_secrets(schema)[0]
        token = signed_by(secret, bo)
        assert links.find(token, now=clock.moment).state is state


def test_links_of_before_open_as_long_as_they_live_whatever_becomes_of_the_secret_key(
    campaign: Campaign, clock: Clock, settings: Any
) -> None:
    token = signed_by(settings.SECRET_KEY.encode(), part_of(campaign, BO))
    assert links.find(token, now=clock.moment).state is LinkState.UNKNOWN  # no tenant from since then takes it
    migration = import_module("apps.keys.migrations.0006_adopt_the_secret_key")
    with schema_context("public"):
        migration.adopt(apps, SimpleNamespace(connection=connection))
    KEYRING.forget()
    settings.SECRET_KEY = "another" * 10

    assert links.find(token, now=clock.moment).state is LinkState.LIVE
