"""An app brings a kind of personal link of its own: no file of an app below it changes, and no other kind opens it."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apps.campaigns.links import LINKS
from apps.campaigns.models import Participation
from apps.outreach import links
from apps.outreach.models import LinkHolder
from resimate.tests.sources import ROOT

pytestmark = pytest.mark.requirement("SEC-AUTH-002")

SAID = {
    "__init__.py": "",
    "models.py": """
from django.db import models
from apps.outreach.models import LinkHolder, Person, Round

class Party(Round):
    pass

class Guest(Person, LinkHolder):
    party = models.ForeignKey(Party, models.CASCADE)

    @property
    def person(self):
        return self

    @property
    def round(self):
        return self.party
""",
    "links.py": """
from toy.models import Guest, Party
from apps.notifications import kinds
from apps.outreach.kinds import declare

class Rows(list):
    def filter(self, pk):
        return Rows(one for one in self if one.pk == pk)

    def first(self):
        return next(iter(self), None)

GUESTS = Rows()
LINKS = declare(
    Guest,
    "toy",
    route="answer",
    rows=lambda: GUESTS,
    invitation=kinds.declare("toy_invitation", texts="toy/invitation", purpose="invitation"),
    reminder=kinds.declare("toy_reminder", texts="toy/reminder", purpose="reminder"),
    facts=lambda party: {},
)
""",
    "urls.py": """
from django.urls import path
urlpatterns = [path("party/<str:token>/", print, name="answer")]
""",
}
START = """
from resimate import settings
settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "toy"]
settings.ROOT_URLCONF = "toy.urls"
import django
django.setup()
from dataclasses import replace
from django.utils import timezone
from apps.core import crypto
from apps.core.observability.logs import masked
from apps.outreach.links import kinds, links_of
from toy.links import GUESTS, LINKS
from toy.models import Guest, Party

class Keys:
    def signing(self, schema):
        return [crypto.Key(1, b"nobody's")]

crypto.use(Keys())
now = timezone.now()
guest = Guest(party=Party(status="open"))
GUESTS.append(guest)
token = LINKS.token_for(guest)
print(LINKS.folder, masked(LINKS.path_for(guest)), links_of(Guest) is LINKS)
print(*sorted(kind.name for kind in kinds()))
for kind in sorted(kinds(), key=lambda one: one.name):
    print(replace(kind, rows=LINKS.rows).find(token, now=now).state.value)
for change in ({"status": "closed"}, {"status": "draft"}):
    vars(guest.party).update(change)
    print(LINKS.find(token, now=now).state.value)
guest.revoked_at = now
print(LINKS.find(token, now=now).state.value)
"""


@pytest.mark.thorough
def test_an_app_brings_its_own_kind_and_no_other_file_changes(tmp_path: Path) -> None:
    toy = tmp_path / "toy"
    toy.mkdir()
    for name, text in SAID.items():
        (toy / name).write_text(text, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}

    found = subprocess.run(
        [sys.executable, "-c", START], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert found.stdout.splitlines() == [
        "/party/ /party/…/ True",
        "campaigns elicitation toy",
        "unknown",
        "unknown",
        "live",
        "closed",
        "unknown",
        "withdrawn",
    ], found.stderr


@pytest.mark.parametrize(
    ("holder", "name", "route", "said"),
    [
        (Participation, "another", "campaigns:list", "Participation are declared twice"),
        (LinkHolder, "campaigns", "campaigns:list", "have one name or one page: campaigns"),
        (LinkHolder, "another", "campaigns:respond", "have one name or one page: another, campaigns:respond"),
    ],
)
def test_two_kinds_in_one_place_stop_the_start(holder: Any, name: str, route: str, said: str) -> None:
    before = links.kinds()

    with pytest.raises(ValueError, match=said):
        links.register(holder, replace(LINKS, name=name, route=route))

    assert links.kinds() == before
