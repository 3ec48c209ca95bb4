import re
from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import schema_context

from apps.accounts import keys, services
from apps.accounts.models import ApiKey, Grant, Role, User
from apps.audit.models import AuditEntry
from apps.configuration import services as configuration
from apps.configuration.models import Setting

ACME = {"host": "acme.localhost"}
PLATFORM = {"host": "localhost"}
PAGES = (
    "accounts/user/",
    "accounts/user/add/",
    "accounts/role/",
    "accounts/role/add/",
    "accounts/grant/",
    "accounts/grant/add/",
    "accounts/apikey/",
    "accounts/apikey/add/",
    "audit/auditentry/",
    "configuration/setting/",
    "configuration/setting/versions/",
    "configuration/setting/time_zone/change/",
)
INLINE = re.compile(
    r"<style|<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")|\son\w+=|\sstyle=|javascript:", re.I
)


@pytest.fixture
def office(admin: User, client: Client) -> Client:
    """The administrator's browser."""
    client.force_login(admin)
    return client


@pytest.fixture
def platform(db: None, make_user: Any, client: Client) -> Client:
    with schema_context("public"):
        client.force_login(make_user("platform@localhost.example", "platform_admin"))
    return client


def _post(browser: Client, path: str, **form: Any) -> Any:
    return browser.post(path, form, headers=ACME, follow=True)


@pytest.mark.requirement("SEC-AUTH-002")
def test_strangers_are_sent_to_the_one_page_for_signing_in(admin: User, client: Client) -> None:
    answer = client.get("/admin/accounts/user/", headers=ACME, follow=True)

    assert answer.redirect_chain[-1][0].startswith("/sign-in/?next=/admin/")


@pytest.mark.requirement("SEC-AUTH-002")
def test_who_is_no_administrator_stays_out(analyst: User, client: Client) -> None:
    client.force_login(analyst)

    assert client.get("/admin/", headers=ACME, follow=True).status_code == 403
    assert client.get("/admin/login/", headers=ACME).status_code == 403


def test_every_page_opens_and_keeps_to_the_content_security_policy(office: Client, admin: User) -> None:
    services.create_api_key(admin, name="k", now=admin.created_at)
    pages = ["/admin/", *(f"/admin/{page}" for page in PAGES), f"/admin/accounts/user/{admin.pk}/change/"]
    for page in pages:
        answer = office.get(page, headers=ACME)

        assert answer.status_code == 200, page
        assert INLINE.findall(answer.content.decode()) == [], page
        assert "'unsafe" not in answer["Content-Security-Policy"]


def test_a_new_account_gets_a_first_password_that_is_shown_once(office: Client) -> None:
    page = _post(
        office, "/admin/accounts/user/add/", email="new@acme.example", name="New", language="de"
    ).content.decode()

    made = User.objects.at("new@acme.example").get()
    password = re.search(r"shown only now: ([\w-]+)", page)
    assert password is not None
    assert made.check_password(password[1])
    assert made.name == "New"
    assert password[1] not in office.get("/admin/accounts/user/", headers=ACME).content.decode()


def test_a_new_account_is_said_to_have_no_role_and_the_page_that_gives_one_knows_it(office: Client) -> None:
    page = _post(office, "/admin/accounts/user/add/", email="new@acme.example", language="en").content.decode()
    link = re.search(r'has no role yet[^<]*<a href="([^"]+)">', page)
    assert link is not None

    form = office.get(link[1], headers=ACME).content.decode()

    assert f'<option value="{User.objects.at("new@acme.example").get().pk}" selected>' in form


def test_closing_an_account_is_an_action_and_the_last_administrator_stays(
    office: Client, admin: User, analyst: User
) -> None:
    page = _post(
        office, "/admin/accounts/user/", action="deactivate", _selected_action=[str(admin.pk), str(analyst.pk)]
    )

    assert "last administrator" in page.content.decode()
    assert User.objects.get(pk=admin.pk).is_active
    assert not User.objects.get(pk=analyst.pk).is_active
    assert AuditEntry.objects.filter(action="user.deactivated", actor=str(admin.pk)).count() == 1


def test_the_list_of_roles_says_in_words_what_they_permit(office: Client) -> None:
    listed = office.get("/admin/accounts/role/", headers=ACME).content.decode()
    assert "<div>Accounts: see (everything in the tenant)</div>" in listed
    assert ":tenant:" not in listed
    role = Role.objects.get(code="emergency")
    shown = office.get(f"/admin/accounts/role/{role.pk}/change/", headers=ACME).content.decode()
    words, grammar = re.findall(r"<div>(Accounts: see[^<]*)</div>.*<small>([^<]*)</small>", shown)[0]
    assert ("users:tenant:read" in grammar, words) == (True, "Accounts: see (everything in the tenant)")


def test_roles_of_the_product_are_only_read(office: Client) -> None:
    role = Role.objects.get(code="stakeholder")

    answer = _post(office, f"/admin/accounts/role/{role.pk}/change/", name="Mine", permissions="tenant:*:manage")

    assert answer.status_code == 403
    assert Role.objects.get(pk=role.pk).name == "Stakeholder"


def test_a_permission_with_a_typing_error_is_refused_at_its_field(office: Client) -> None:
    answer = _post(office, "/admin/accounts/role/add/", code="viewer", name="Viewer", permissions="models:reed")

    assert "is not a permission" in answer.content.decode()
    assert not Role.objects.filter(code="viewer").exists()


def test_what_is_refused_is_said_in_the_language_of_the_page(office: Client, admin: User) -> None:
    office.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"

    at_field = _post(office, "/admin/accounts/role/add/", code="viewer", name="Viewer", permissions="models:reed")
    on_top = _post(office, "/admin/accounts/user/", action="deactivate", _selected_action=[str(admin.pk)])

    assert "<li>&#x27;models:reed&#x27; ist keine Berechtigung.</li>" in at_field.content.decode()
    assert "acme.example: Dies ist die letzte Person in der Verwaltung" in on_top.content.decode()


def test_a_role_of_ones_own_takes_a_permission_a_line(office: Client) -> None:
    lines = "models:tenant:read\r\n\r\ncampaigns:own:read\r\n"
    _post(office, "/admin/accounts/role/add/", code="viewer", name="Viewer", permissions=lines)
    role = Role.objects.get(code="viewer")
    assert role.permissions == ["models:tenant:read", "campaigns:own:read"]

    _post(office, f"/admin/accounts/role/{role.pk}/change/", name="Reader", permissions="models:tenant:read")
    assert Role.objects.get(code="viewer").permissions == ["models:tenant:read"]

    _post(office, f"/admin/accounts/role/{role.pk}/delete/", post="yes")
    assert not Role.objects.filter(code="viewer").exists()


def test_granting_and_revoking_go_through_the_services(office: Client, admin: User, analyst: User) -> None:
    role = Role.objects.get(code="tenant_admin")
    page = _post(office, "/admin/accounts/grant/add/", user=str(analyst.pk), role=str(role.pk))
    grant = Grant.objects.get(user=analyst, role=role)
    assert grant.granted_by == admin
    shown = office.get("/admin/accounts/grant/", headers=ACME).content.decode()
    assert str(grant.role_id) not in str(grant)
    assert f"The grant “{role.name} ({analyst.email})” was added" in page.content.decode()
    assert grant.granted_at.strftime("%B %Y, %H:") in shown

    _post(office, f"/admin/accounts/grant/{grant.pk}/delete/", post="yes")

    assert not Grant.objects.filter(pk=grant.pk).exists()
    assert set(
        AuditEntry.objects.filter(action__startswith="grant.", object_id=str(grant.pk)).values_list("action", flat=True)
    ) >= {
        "grant.created",
        "grant.revoked",
    }


def test_the_last_administrator_cannot_be_removed_in_the_admin(office: Client, admin: User) -> None:
    grant = Grant.objects.get(user=admin)

    page = _post(office, f"/admin/accounts/grant/{grant.pk}/delete/", post="yes")

    assert "last administrator" in page.content.decode()
    assert Grant.objects.filter(pk=grant.pk).exists()


@pytest.mark.requirement("AUTH-002")
def test_a_keys_text_is_shown_once(office: Client, admin: User) -> None:
    page = _post(
        office, "/admin/accounts/apikey/add/", name="reports", user=str(admin.pk), permissions=""
    ).content.decode()

    text = re.search(r"rsk_live_\w+", page)
    assert text is not None
    assert keys.prefix_of(text[0]) == ApiKey.objects.get().prefix
    assert text[0] not in office.get("/admin/accounts/apikey/", headers=ACME).content.decode()

    _post(office, "/admin/accounts/apikey/", action="revoke", _selected_action=[str(ApiKey.objects.get().pk)])

    assert ApiKey.objects.get().revoked_at is not None


@pytest.mark.requirement("AUTH-002")
def test_what_a_key_may_do_is_ticked_and_said_in_words(office: Client, admin: User) -> None:
    new, all_, of_one = "/admin/accounts/apikey/add/", "Everything that its account may do", "Accounts: see"
    ticked = {"permissions-may": ["users:read"], "permissions-of-users": "own"}
    assert "If nothing is ticked, it may do everything" in office.get(new, headers=ACME).content.decode()

    for name, form in {"narrow": ticked, "wide": {}}.items():
        _post(office, new, name=name, user=str(admin.pk), **form)

    assert ApiKey.objects.get(name="narrow").permissions == ["users:own:read"]
    assert ApiKey.objects.get(name="wide").permissions == []
    listed = office.get("/admin/accounts/apikey/", headers=ACME).content.decode()
    mine = Client(headers=ACME)
    mine.force_login(admin)
    own = mine.get("/account/").content.decode()
    assert (of_one in listed, all_ in listed, of_one in own, "may do everything that you may do" in own) == (True,) * 4
    assert "users:own:read" not in listed + own


def test_the_time_zone_of_an_account_is_chosen(office: Client, analyst: User) -> None:
    page, form = f"/admin/accounts/user/{analyst.pk}/change/", {"name": "Ana", "language": "en", "attributes": "{}"}
    assert '<option value="Europe/Vienna">' in office.get(page, headers=ACME).content.decode()

    _post(office, page, **form, time_zone="Europe/Vienna")
    refused = _post(office, page, **form, time_zone="Europe/Atlantis").content.decode()

    assert "Select a valid choice" in refused
    assert User.objects.get(pk=analyst.pk).time_zone == "Europe/Vienna"


@pytest.mark.requirement("UC-002")
def test_a_setting_is_validated_and_set_for_this_tenant(office: Client) -> None:
    page = "/admin/configuration/setting/api.rate.models/change/"
    refused = _post(office, page, value="many", version="0").content.decode()
    assert "Enter a whole number" in refused
    assert not Setting.objects.exists()

    _post(office, page, value="77", version="0")
    _post(office, page, value="78", version="1")

    explained = configuration.explain("api.rate.models")
    assert (explained.winner.level, explained.value) == ("tenant", 78)
    assert AuditEntry.objects.filter(action="setting.changed").count() == 2


@pytest.mark.parametrize("typed", ["Europe/Berlin", " Europe/Berlin ", '"Europe/Berlin"'])
def test_a_setting_that_takes_text_takes_it_without_quotes(office: Client, typed: str) -> None:
    page = "/admin/configuration/setting/time_zone/change/"
    _post(office, page, value=typed, version="0")

    assert Setting.objects.get().value == "Europe/Berlin"
    assert 'value="Europe/Berlin"' in office.get(page, headers=ACME).content.decode()
    refused = _post(office, page, value="Europe/Belin", version="1").content.decode()
    assert "There is no time zone &#x27;Europe/Belin&#x27;. Did you mean Europe/Berlin" in refused
    assert "maxLength" not in refused
    assert Setting.objects.get().value == "Europe/Berlin"


@pytest.mark.requirement("LOG-002", "DB-002")
def test_the_audit_shows_this_tenant_alone_and_is_only_read(office: Client, stranger: User, admin: User) -> None:
    page = office.get("/admin/audit/auditentry/", headers=ACME).content.decode()

    assert str(admin.pk) in page
    assert str(stranger.pk) not in page
    entry = AuditEntry.objects.filter(actor=str(admin.pk)).first() or AuditEntry.objects.first()
    assert entry is not None
    assert office.post(f"/admin/audit/auditentry/{entry.pk}/delete/", headers=ACME).status_code == 403
    assert office.post(f"/admin/audit/auditentry/{entry.pk}/change/", headers=ACME).status_code == 403


@pytest.mark.requirement("DB-002")
def test_another_tenants_people_are_not_there(office: Client, stranger: User) -> None:
    assert "beta.example" not in office.get("/admin/accounts/user/", headers=ACME).content.decode()
    assert office.get(f"/admin/accounts/user/{stranger.pk}/change/", headers=ACME, follow=True).redirect_chain
    assert office.get("/admin/tenants/tenant/", headers=ACME).status_code == 404


def test_the_platform_sees_tenants_and_no_tenants_tables(platform: Client, beta: Any) -> None:
    page = platform.get("/admin/", headers=PLATFORM).content.decode()

    assert "/admin/tenants/tenant/" in page
    assert "/admin/campaigns/" not in page
    assert platform.get("/admin/notifications/message/", headers=PLATFORM).status_code == 404
    assert "beta" in platform.get("/admin/tenants/tenant/", headers=PLATFORM).content.decode()
    assert platform.get(f"/admin/tenants/tenant/{beta.pk}/change/", headers=PLATFORM).status_code == 200
    assert platform.get("/admin/tenants/domain/", headers=PLATFORM).status_code == 200
