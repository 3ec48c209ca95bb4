"""Who may call what: every route of the API, by every kind of person, for objects within and out of their sight.

The table is the specification; a route that is not in it fails, and so does one that answers otherwise.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse
from django.urls.exceptions import NoReverseMatch
from django.utils import timezone
from django_tenants.utils import tenant_context
from rest_framework.settings import api_settings

from apps.accounts import services as accounts
from apps.accounts.models import Role, User
from apps.audit.models import AuditEntry
from apps.campaigns.models import Stakeholder
from apps.campaigns.tests.story import make_user
from resimate.tests.api.addresses import views
from resimate.tests.sizes import one_of
from resimate.tests.world import world
from resimate.urls import tenant as tenant_urls

__all__ = ["world"]  # a fixture

pytestmark = pytest.mark.requirement("SEC-AUTH-002")
ACME, BETA = {"host": "acme.localhost"}, {"host": "beta.localhost"}

#: Besides the roles of the product: everything of one's own, and one campaign alone.
OWN_ROLES = {"owner": ["*:own:manage"], "lead": ["campaigns:campaign:manage"]}
PEOPLE = ("nobody", "stakeholder", "lead", "owner", "analyst", "admin")

#: A column for each of PEOPLE: ``+`` gets through to the service, ``-`` is refused, ``0`` finds nothing there.
#: Then the route, and the methods of which this holds.
TABLE = """
-+++++  campaigns-list               GET
---+++  campaigns-list               POST
-+++++  campaigns-export             GET
-++0++  campaigns-detail             GET
--+0++  campaigns-detail             PUT PATCH DELETE
--+0++  campaigns-close              POST
--+0++  campaigns-extend             POST
--+0++  campaigns-open               POST
-0+0++  campaigns-progress           GET
--+0++  campaigns-remind             POST
-0+0++  campaigns-results            GET
-0+0++  participations-list          GET
-0+0++  participations-export        GET
--++++  participations-list          POST
--++++  participations-bulk          POST
-0+0++  participations-detail        GET
--+0++  participations-link          POST
--+0++  participations-renew         POST
--+0++  participations-revoke        POST
---+++  stakeholders-list            GET POST
---+++  stakeholders-export          GET
---0++  stakeholders-detail          GET PUT PATCH DELETE
---0++  stakeholders-erase           POST
---+-+  messages-list                GET
---+-+  messages-export              GET
---0-+  messages-detail              GET
---+++  models-list                  GET POST
---+++  models-export                GET
---0++  models-detail                GET PUT PATCH
---0++  models-detail                DELETE
---0++  versions-list                GET POST
---0++  versions-export              GET
---0++  versions-detail              GET PUT
---0++  versions-publish             POST
---0-+  versions-retire              POST
---+++  model-import                 POST
---0++  version-export               GET
---+++  imports-list                 GET
---+++  imports-export               GET
---0++  imports-detail               GET
---0++  imports-undo                 POST
---+++  subjects-list                GET POST
---+++  subjects-export              GET
---+++  subjects-import              POST
---0++  subjects-detail              GET PUT PATCH DELETE
---+++  assessments-list             GET POST
---+++  assessments-export           GET
---+++  assessments-import           POST
---0++  assessments-detail           GET PUT PATCH
---00+  assessments-detail           DELETE
---0++  assessments-answers          GET
---0++  assessments-lock             POST
---0++  responses-list               GET
---0++  responses-export             GET
---+++  responses-list               POST
---0++  responses-detail             GET PATCH
---0++  responses-submit             POST
---0++  scores-list                  GET POST
---0++  scores-export                GET
---0++  scores-latest                GET
---0++  scores-detail                GET
---0++  scores-explanation           GET
---0++  scores-latest-explanation    GET
---0++  scores-trace                 GET
---0++  scores-latest-trace          GET
---+++  reference-sets-list          GET POST
---+++  reference-sets-export        GET
---0++  reference-sets-detail        GET
---0++  reference-sets-units         GET
---+++  weight-elicitations-list     GET POST
---+++  weight-elicitations-export   GET
---0++  weight-elicitations-detail   GET PUT PATCH DELETE
---0++  weight-elicitations-open     POST
---0++  weight-elicitations-remind   POST
---0++  weight-elicitations-close    POST
---0++  weight-elicitations-apply    POST
---0++  weight-elicitations-weights  GET
---0++  experts-list                 GET POST
---0++  experts-export               GET
---0++  experts-detail               GET DELETE
---0++  experts-erase                POST
---0++  experts-link                 POST
---0++  experts-renew                POST
---0++  experts-revoke               POST
---0++  judgements-list              GET POST
---0++  judgements-export            GET
---0++  judgements-import            POST
---0++  judgements-detail            GET
00000+  jobs-detail                  GET
00000+  jobs-cancel                  POST
---+++  calculations                 POST
---+++  explanations                 POST
---+++  weights                      POST
---+++  agreement                    POST
++++++  model-schema                 GET
++++++  trace-schema                 GET
++++++  event-schemas                GET
++++++  event-schema                 GET
---+-+  user-list                    GET POST
---+-+  user-export                  GET
---+-+  user-import                  POST
---0-+  user-detail                  GET PUT PATCH
---0-+  user-activate                POST
---0-+  user-deactivate              POST
---0-+  user-erase                   POST
---0-+  user-reset-password          POST
---0-+  user-send-reset-link         POST
---+-+  invitation-list              GET POST
---+-+  invitation-export            GET
---0-+  invitation-detail            GET
---0-+  invitation-resend            POST
---0-+  invitation-revoke            POST
---0-+  invitation-erase             POST
---0-+  factors-list                 GET
---0-+  factors-export               GET
---0-+  factors-detail               DELETE
++++++  user-me                      GET PATCH
---0-+  user-session-list            GET
---0-+  user-session-export          GET
---0-+  user-session-detail          GET DELETE
---+-+  service-account-list         GET POST
---+-+  service-account-export       GET
---0-+  service-account-detail       GET PUT PATCH
---0-+  service-account-activate     POST
---0-+  service-account-deactivate   POST
---+-+  role-list                    GET POST
---+-+  role-export                  GET
---0-+  role-detail                  GET PUT PATCH DELETE
---+-+  grant-list                   GET POST
---+-+  grant-export                 GET
---0-+  grant-detail                 GET DELETE
++++++  permission-explanation       GET
---+-+  api-key-list                 GET POST
---+-+  api-key-export               GET
---0-+  api-key-detail               GET DELETE
---0-+  api-key-revoke               POST
---0-+  api-key-rotate               POST
---+-+  application-list             GET POST
---+-+  application-export           GET
---0-+  application-detail           GET PUT PATCH DELETE
---0-+  application-replace-secret   POST
---+-+  upload-list                  POST
---0-0  upload-detail                GET PATCH DELETE
---+-+  stored-file-list             GET POST
---+-+  stored-file-export           GET
---0-+  stored-file-detail           GET DELETE
---0-+  stored-file-content          GET
---0-+  stored-file-link             POST
---+-+  audit-entry-list             GET
---+-+  audit-entry-export           GET
---0-+  audit-entry-detail           GET
-----+  setting-list                 GET
-----+  setting-export               GET
-----+  setting-detail               GET PUT DELETE
-----+  setting-explain              GET
-----+  setting-history              GET
-----+  setting-rollback             POST
------  key-list                     GET
------  key-export                   GET
------  key-detail                   GET
------  key-rotate                   POST
------  key-verify                   POST
-----+  setting-change-list          GET
-----+  setting-change-export        GET
-----+  setting-change-detail        GET
-----+  setting-change-approve       POST
-----+  setting-change-reject        POST
-----+  setting-change-cancel        POST
"""

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
#: What is sent is read before the object is looked for: it says nothing of the object.
NOT_LOOKED_UP = {("POST", "participations-list"), ("POST", "participations-bulk"), ("POST", "responses-list")}


def _table() -> dict[tuple[str, str], str]:
    rows = (line.split() for line in TABLE.strip().splitlines())
    return {(method, name): marks for marks, name, *methods in rows for method in methods}


def _routes(patterns: list[Any]) -> Iterator[tuple[str, str]]:
    """Every method of every route of the API, by name."""
    for one in patterns:
        if isinstance(one, URLResolver):
            yield from _routes(one.url_patterns)
        elif isinstance(one, URLPattern) and one.name:
            callback: Any = one.callback
            methods = getattr(callback, "actions", None) or callback.cls().allowed_methods
            yield from ((method, one.name) for method in map(str.upper, list(methods)) if method in METHODS)


@pytest.fixture
def browser_of(acme: Any, world: dict[str, Any]) -> Callable[[str], Client]:
    def browser(person: str) -> Client:
        now = timezone.now()
        user = User.objects.create(email=f"{person}@acme.example", created_at=now)
        codes = {"stakeholder": "stakeholder", "analyst": "model_analyst", "admin": "tenant_admin"}
        if person in OWN_ROLES:
            role = accounts.create_role(person, name=person, permissions=OWN_ROLES[person], acting_user=None, now=now)
            of_one = world["campaigns"] if person == "lead" else None
            accounts.grant_role(user, role, object_id=of_one, acting_user=None, now=now)
        elif person in codes:
            accounts.grant_role(user, Role.objects.get(code=codes[person]), acting_user=None, now=now)
        if person == "stakeholder":
            Stakeholder.objects.filter(pk=world["stakeholders"]).update(user=user)
        client = Client(headers=ACME)
        client.force_login(user)
        return client

    return browser


#: What asks nobody who they are.
PUBLIC = {"model-schema", "trace-schema", "event-schemas", "event-schema"}


def _url(name: str, ids: dict[str, Any]) -> str:
    """The address of a route with the ids of things that are there."""
    own_id = next((one for basename, one in ids.items() if name.startswith(f"{basename}-")), None)
    within = {
        "campaign": "campaigns",
        "model": "models",
        "assessment": "assessments",
        "elicitation": "weight-elicitations",
        "user": "user",
    }
    for parents in ({}, *({parent: ids[basename]} for parent, basename in within.items())):
        for own in (
            {},
            {"pk": own_id},
            {"version": ids["versions"]},
            {"number": 1},
            {"key": "campaign.sender"},
            {"event": "user.created"},
        ):
            try:
                return reverse(name, kwargs={**parents, **own}, urlconf="resimate.urls.tenant")
            except NoReverseMatch:
                continue
    raise LookupError(name)


def _answer(browser: Client, method: str, url: str) -> int:
    """What a call gets; whatever it did is undone."""
    with transaction.atomic():
        status = browser.generic(method, url, b"{}", content_type="application/json").status_code
        transaction.set_rollback(True)
    return status


def _mark(status: int) -> str:
    return {401: "!", 403: "-", 404: "0"}.get(status, "+")


def test_every_route_is_in_the_table() -> None:
    assert set(_routes(tenant_urls.api)) == set(_table())


@pytest.mark.parametrize("person", one_of("lead", *sorted({*PEOPLE} - {"lead"})))
def test_each_gets_as_far_as_the_table_says(
    person: str, browser_of: Callable[[str], Client], world: dict[str, Any]
) -> None:
    browser, place = browser_of(person), PEOPLE.index(person)
    found = {
        (method, name): _mark(_answer(browser, method, _url(name, world))) for method, name in _routes(tenant_urls.api)
    }

    assert found == {route: marks[place] for route, marks in _table().items()}


@pytest.mark.parametrize("person", ["stakeholder", "lead"])
def test_another_campaign_is_not_there(person: str, browser_of: Callable[[str], Client], world: dict[str, Any]) -> None:
    browser = browser_of(person)
    within = [route for route in _table() if route[1].startswith(("campaigns-", "participations-"))]
    elsewhere = {**world, "campaigns": world["theirs"]}
    urls = {(method, name): _url(name, elsewhere) for method, name in within}
    found = {
        route: _mark(_answer(browser, route[0], url)) for route, url in urls.items() if str(world["theirs"]) in url
    }

    assert {route for route, mark in found.items() if mark == "+"} <= NOT_LOOKED_UP
    listed = browser.get("/api/v1/campaigns/").json()["results"]
    assert [one["id"] for one in listed] == [str(world["campaigns"])]


def test_who_manages_their_own_sees_nothing_of_others(
    browser_of: Callable[[str], Client], world: dict[str, Any]
) -> None:
    browser = browser_of("owner")
    seen = {
        name: browser.get(_url(name, world)).json()["results"]
        for method, name in _table()
        if method == "GET" and name.endswith("-list") and _table()[method, name][PEOPLE.index("owner")] == "+"
    }

    assert {name for name, rows in seen.items() if rows} == {"user-list", "grant-list"}
    assert len(seen["user-list"]) == len(seen["grant-list"]) == 1


def test_nobody_gets_in_without_signing_in(world: dict[str, Any]) -> None:
    found = {route: _mark(_answer(Client(headers=ACME), route[0], _url(route[1], world))) for route in _table()}

    assert {name for (_, name), mark in found.items() if mark != "!"} == PUBLIC


def test_an_administrator_of_another_tenant_reaches_nothing(beta: Any, world: dict[str, Any]) -> None:
    with tenant_context(beta):
        at_home = Client(headers=BETA)
        administrator = make_user("admin@beta.example", timezone.now(), role="tenant_admin")
        custodian = Role.objects.get(code="key_custodian")
        accounts.grant_role(administrator, custodian, acting_user=None, now=timezone.now())
        at_home.force_login(administrator)
    abroad = Client(headers=ACME)
    abroad.cookies.load({name: one.value for name, one in at_home.cookies.items()})
    of_one = [(method, name) for method, name in _table() if any(str(pk) in _url(name, world) for pk in world.values())]

    assert {_mark(_answer(abroad, method, _url(name, world))) for method, name in of_one} == {"!"}
    found = {route: _mark(_answer(at_home, route[0], _url(route[1], world))) for route in of_one}
    assert {route for route, mark in found.items() if mark != "0"} <= NOT_LOOKED_UP


def test_every_refusal_is_on_record(browser_of: Callable[[str], Client], world: dict[str, Any]) -> None:
    browser_of("nobody").get("/api/v1/users/")

    entry = AuditEntry.objects.get(action="permission.denied")
    assert (entry.outcome, entry.details) == ("denied", {"permission": "users:read"})


def test_what_is_shown_as_somebody_else_sees_it_asks_for_rights_alone() -> None:
    shown = {view for _, view in views("GET") if view.shown_as}

    assert len(shown) > 25
    assert {view for view in shown if view.permission_classes != api_settings.DEFAULT_PERMISSION_CLASSES} == set()
