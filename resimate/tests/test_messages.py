"""What people are written: each kind by the app that sends it, with a text for each of its channels."""

import re

import pytest
from django.apps import apps
from django.template.loader import get_template

from apps.notifications.channels.base import CHANNELS
from apps.notifications.kinds import KINDS
from resimate.tests.sources import ROOT, modules

pytestmark = pytest.mark.requirement("CAMP-002")


def _texts() -> set[str]:
    """The names of the templates that the declared kinds need."""
    return {
        f"{kind.texts}.{ending}"
        for kind in KINDS.values()
        for channel in kind.channels
        for ending in CHANNELS[channel].texts.values()
    }


def test_every_kind_has_each_text_of_each_of_its_channels() -> None:
    assert len(_texts()) >= 14
    for name in _texts():
        get_template(name)


def test_no_text_is_left_that_no_kind_has() -> None:
    templates = ROOT / "templates"

    assert {str(path.relative_to(templates)) for path in templates.glob("*/messages/*")} == _texts()


def test_texts_and_kinds_are_at_the_app_that_sends_them() -> None:
    labels = {config.name.removeprefix("apps."): config.name for config in apps.get_app_configs()}
    for kind in KINDS.values():
        owner = labels[kind.texts.partition("/")[0]]
        declared = (ROOT / owner.replace(".", "/") / "messages.py").read_text(encoding="utf-8")
        assert f'"{kind.name}"' in declared


def test_each_kind_of_before_has_kept_its_name() -> None:
    """The ledger and the API's filter know them by it."""
    assert {"invitation", "reminder", "elicitation_invitation", "elicitation_reminder"} <= set(KINDS)
    assert {"api_key_made", "password_changed", "password_forgotten"} <= set(KINDS)


def test_columns_say_what_a_message_is_about_and_nobody_reads_a_key() -> None:
    naming = re.compile(r"dedupe_key|message_prefix|about_id__startswith|occasion\.(split|partition|rsplit|startswith)")
    found = [
        str(path.relative_to(ROOT))
        for path in modules()
        if not {"tests", "migrations"} & set(path.parts) and naming.search(path.read_text(encoding="utf-8"))
    ]

    assert found == []


def test_who_delivers_knows_no_channel_from_another() -> None:
    delivering = (ROOT / "apps/notifications/services.py").read_text(encoding="utf-8")

    assert set(re.findall(r"apps\.notifications\.channels[.\w]*", delivering)) == {"apps.notifications.channels.base"}
