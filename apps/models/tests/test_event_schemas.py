"""Who builds on events reads what each carries, without signing in; what only our own workers hear is not there."""

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from apps.core.event_types import DECLARED

pytestmark = pytest.mark.requirement("AUTH-001")

ALL = "/api/v1/schemas/events/"


def test_each_event_that_is_told_has_a_schema_and_no_other(acme: object) -> None:
    browser = Client(headers={"host": "acme.localhost"})
    listed = browser.get(ALL).json()

    assert set(listed) == {name for name, one in DECLARED.items() if not one.internal}
    assert {"user.created", "user.deactivated", "grant.created", "user.signed_in_on_new_device"} <= set(listed)
    assert browser.get(f"{ALL}user.created/").json() == listed["user.created"]
    assert browser.get(f"{ALL}user.reset_link_asked/").status_code == 404
    assert browser.get(f"{ALL}nothing/").status_code == 404
    for schema in listed.values():
        Draft202012Validator.check_schema(schema)
