"""The wall between tenants, attack by attack: ``ATTACKS`` names for each the tests that show it holds."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest
from celery import current_app
from django.conf import settings as django_settings
from django.contrib import admin
from django.core.cache import cache
from django.db import ProgrammingError, connections
from django.test import Client
from django.urls import NoReverseMatch, URLResolver, reverse
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.accounts.services.forgotten import LINKS as FORGOTTEN_LINKS
from apps.accounts.services.forgotten import token_for
from apps.accounts.services.sign_in_links import LINKS as SIGN_IN_LINKS
from apps.campaigns.tests.story import make_user
from apps.configuration import services as configuration
from apps.core.api import serializers
from apps.core.fields import new_id
from apps.models import services as models
from apps.oauth import services as oauth
from apps.oauth.tests.conftest import BACK, SCOPES, Program, status
from apps.tenants.models import Domain, Tenant, schema_for
from apps.tenants.provisioning import OWNER, owner_in
from apps.tenants.tasks import HEADER, NoTenant
from apps.tenants.tests.conftest import committed, make_tenant, remove_tenant, slug
from apps.tenants.tests.test_tasks import look_around, seen
from resimate.management.commands import asvs
from resimate.tests.test_permission_matrix import ACME, BETA
from resimate.urls import tenant as tenant_urls

__all__ = ["committed", "make_tenant", "slug"]  # fixtures

pytestmark = pytest.mark.requirement("SEC-AUTH-002", "DB-002")
HERE: Final = "resimate/tests/test_tenant_walls.py"
ELSEWHERE: Final = "apps/accounts/tests/test_cookies_elsewhere.py"
SIGN_IN: Final = "apps/accounts/tests/test_sign_in.py"
KEYS: Final = "apps/accounts/tests/test_api_keys.py"
FORGOTTEN: Final = "apps/accounts/tests/test_forgotten_password.py"
DATABASE: Final = "apps/tenants/tests/test_isolation_in_the_database.py"
PERSONAL: Final = "apps/accounts/tests/test_personal_data.py"
SIGNING: Final = "apps/keys/tests/test_signing_keys.py"
HEADS: Final = "resimate/tests/test_answer_headers.py"
TENANTS: Final = "apps/tenants/tests/test_tenants.py"
BODIES: Final = "resimate/tests/api/test_stalled_bodies.py"
EQUAL: Final = (
    "resimate/tests/test_equal_rows.py::test_what_opens_at_one_tenant_opens_nothing_at_another_with_equal_rows"
)

#: What somebody of tenant A brings to tenant B, and the tests that show it comes to nothing.
ATTACKS: Final = {
    "session cookie, with the same account and hash there": (
        f"{SIGN_IN}::test_a_cookie_of_one_tenant_signs_nobody_in_at_another_even_with_equal_rows",
        f"{SIGN_IN}::test_the_hash_of_a_session_fits_one_schema_only",
        f"{ELSEWHERE}::test_a_cookie_opens_nothing_elsewhere_whatever_keeps_the_session",
        "resimate/tests/test_session_engines.py::test_another_engine_of_sessions_is_refused_before_anything_is_served",
    ),
    "token against forged requests": (
        f"{ELSEWHERE}::test_a_token_against_forged_forms_is_good_at_its_own_tenant_alone",
    ),
    "note of a first step": ("apps/factors/tests/test_second_step.py::test_a_note_of_one_tenant_is_none_at_another",),
    "answer of a passkey, with the same account and passkey there": (
        "apps/factors/tests/test_passkeys_refused.py"
        "::test_an_answer_for_one_tenant_opens_nothing_at_another_even_with_equal_rows",
    ),
    "link, key, code or token of any kind, with the same rows there": (
        EQUAL,
        "resimate/tests/test_equal_rows.py::test_every_kind_is_here",
    ),
    "invitation": ("apps/accounts/tests/test_invitations.py::test_the_link_opens_nothing_at_another_tenant",),
    "device cookie": (
        "apps/accounts/tests/test_attack_on_sign_in.py::test_a_cookie_of_another_account_tenant_or_maker_helps_nobody",
    ),
    "API key": (
        f"{KEYS}::test_a_key_of_one_tenant_opens_nothing_at_another",
        f"{KEYS}::test_equal_keys_of_two_tenants_stay_two",
        f"{KEYS}::test_a_key_is_good_at_its_own_tenant_alone_even_with_equal_rows",
    ),
    "code, access token and refresh token of OAuth, and the key that signs them": (
        "apps/oauth/tests/test_misuse.py::test_nothing_is_good_at_another_tenant",
        "apps/oauth/tests/test_forged_tokens.py::test_the_key_of_another_tenant_signs_nothing_here",
    ),
    "link of a forgotten password": (f"{FORGOTTEN}::test_the_link_opens_nothing_at_another_tenant",),
    "link to sign in": ("apps/accounts/tests/test_sign_in_links.py::test_the_link_opens_nothing_at_another_tenant",),
    "link to confirm an address": (
        "apps/accounts/tests/test_changed_addresses.py::test_the_link_opens_nothing_at_another_tenant",
    ),
    "personal link": (
        "apps/campaigns/tests/test_personal_links.py::test_a_link_of_one_tenant_is_unknown_in_another",
        "apps/elicitation/tests/test_isolation.py::test_a_link_of_one_tenant_opens_nothing_in_the_other",
        "apps/outreach/tests/test_states_of_links.py"
        "::test_where_tenants_share_a_secret_as_of_old_a_link_of_one_opens_nothing_at_another",
    ),
    "id of an object, wherever one is named": (
        "resimate/tests/test_permission_matrix.py::test_an_administrator_of_another_tenant_reaches_nothing",
        "resimate/tests/test_out_of_sight.py::test_what_is_out_of_sight_is_answered_as_what_is_not_there",
        f"{HERE}::test_no_filter_tells_an_id_of_another_tenant_from_one_that_is_nowhere",
    ),
    "task with a header that somebody has made": (
        "apps/tenants/tests/test_tasks.py::test_without_a_known_tenant_it_does_nothing_and_fails",
        "apps/tenants/tests/test_tasks.py::test_an_argument_does_not_choose_the_tenant",
        f"{HERE}::test_a_task_is_of_its_own_tenant_whatever_the_worker_did_before",
    ),
    "something under the same name in the cache": (
        f"{TENANTS}::test_what_one_tenant_keeps_in_the_cache_is_not_there_for_another",
        f"{HERE}::test_what_is_put_into_the_cache_says_nothing_at_another_tenant",
    ),
    "names of hosts": (
        f"{TENANTS}::test_an_unknown_host_learns_nothing",
        f"{TENANTS}::test_a_host_is_known_in_any_case_with_any_port",
        f"{TENANTS}::test_a_forwarded_host_is_not_believed",
        f"{HEADS}::test_two_hosts_are_none",
        f"{HEADS}::test_the_target_goes_before_the_header_as_rfc_9112_says",
        f"{BODIES}::test_the_target_in_absolute_form_names_the_host",
        f"{BODIES}::test_what_can_be_read_two_ways_is_refused",
    ),
    "a table that is not there": (
        f"{DATABASE}::test_a_schema_without_a_role_is_an_error_and_never_another_schema",
        f"{HERE}::test_a_table_that_is_missing_is_an_error_and_not_that_of_the_platform",
    ),
    "address of a file": (
        "apps/files/tests/test_addresses_of_files.py::test_it_leads_nowhere_on_the_host_of_another_tenant",
        "apps/files/tests/test_addresses_of_files.py::test_one_that_another_tenant_signed_leads_nowhere",
    ),
    "search of the administration": (
        "apps/accounts/tests/test_admin.py::test_another_tenants_people_are_not_there",
        f"{HERE}::test_no_search_of_the_administration_finds_rows_of_another_tenant",
    ),
    "ciphertext": (
        f"{PERSONAL}::test_a_ciphertext_in_another_row_does_not_decrypt",
        f"{PERSONAL}::test_a_ciphertext_in_the_same_row_of_another_tenant_does_not_decrypt",
        "apps/accounts/tests/test_addresses.py"
        "::test_an_address_in_the_row_of_somebody_else_or_in_another_column_does_not_open",
        f"{SIGNING}::test_a_tenant_does_not_sign_in_the_name_of_another",
    ),
    "what was good at a host before it was another's": (
        f"{HERE}::test_nothing_of_before_is_good_at_a_host_that_is_another_tenants_by_now",
        f"{HERE}::test_nothing_of_a_tenant_that_has_gone_is_good_at_the_next_one_of_its_name",
    ),
    "SQL written for another": (
        f"{DATABASE}::test_sql_written_for_one_tenant_is_refused_everything_else",
        "resimate/tests/isolation/test_isolation_under_load.py::test_no_request_sees_another_tenants_rows",
    ),
}


def test_every_attack_has_a_test_that_is_there() -> None:
    named = {test for tests in ATTACKS.values() for test in tests}

    assert named - asvs.tests(Path(django_settings.BASE_DIR)) == set()


def _filters_by_id() -> list[tuple[str, str]]:
    """Every list of the API, by its address, with each of its filters that takes an id."""
    named = {one.name: one.callback.cls for one in _flat(tenant_urls.api) if one.name}
    lists = {name: view for name, view in named.items() if name.endswith("-list") and f"{name[:-5]}-export" in named}
    return [
        (url, one.name)
        for name, view in lists.items()
        for one in getattr(view, "filters", ())
        if isinstance(one.field, serializers.UUIDField) and (url := _address(name))
    ]


def _address(name: str) -> str:
    """Empty for a list within something."""
    try:
        return reverse(name, urlconf="resimate.urls.tenant")
    except NoReverseMatch:
        return ""


def _flat(patterns: list[Any]) -> Iterator[Any]:
    for one in patterns:
        yield from _flat(one.url_patterns) if isinstance(one, URLResolver) else [one]


def test_no_filter_tells_an_id_of_another_tenant_from_one_that_is_nowhere(acme: Any, beta: Any, now: datetime) -> None:
    with tenant_context(beta):
        stranger = make_user("b@beta.example", now, role="tenant_admin")
        subject = models.create_subject(code="secret", name="Secretport", acting_user=stranger, now=now)
        role = accounts.create_role("secret", name="Secretport", permissions=[], acting_user=None, now=now)
    browser = Client(headers=ACME)
    browser.force_login(make_user("ada@acme.example", now, role="tenant_admin"))

    def said(where: tuple[str, str], value: Any) -> Any:
        answer = browser.get(where[0], {where[1]: str(value)})
        return answer.status_code, answer.json().get("results", answer.json().get("code")), answer.headers.get("ETag")

    asked = _filters_by_id()
    nowhere = {where: said(where, new_id()) for where in asked}
    assert len(asked) > 8
    for theirs in (stranger.pk, subject.pk, role.pk):
        assert {where: said(where, theirs) for where in asked} == nowhere


def test_a_task_is_of_its_own_tenant_whatever_the_worker_did_before(db: None) -> None:
    seen.clear()
    with schema_context("beta"):  # as a worker is left by what it did
        for schema in ("acme", "beta", "acme"):
            look_around.apply(headers={HEADER: schema})
        forged = [look_around.apply(headers={HEADER: one}).result for one in ("acme ", "ACME", 'acme", "beta', "*")]

    assert [schema for schema, _ in seen] == ["acme", "beta", "acme"]
    assert {type(one) for one in forged} == {NoTenant}
    assert current_app.conf.accept_content == ["json"]


def test_what_is_put_into_the_cache_says_nothing_at_another_tenant(acme: Any, beta: Any) -> None:
    names = ["wrong-link:127.0.0.1", "models", "subjects"]
    for name in names:
        cache.set(name, "poison")
    with tenant_context(beta):
        assert cache.get_many(names) == {}
        assert cache.make_key("models") != f"{acme.schema_name}:1:models"


def test_a_table_that_is_missing_is_an_error_and_not_that_of_the_platform(
    make_tenant: Callable[[str], Any], slug: str
) -> None:
    tenant = make_tenant(slug)
    with owner_in("public"), connections[OWNER].cursor() as cursor:
        cursor.execute(f'ALTER TABLE "{schema_for(slug)}".accounts_user RENAME TO gone')

    with tenant_context(tenant), pytest.raises(ProgrammingError, match=r"permission denied|does not exist"):
        User.objects.count()


def test_no_search_of_the_administration_finds_rows_of_another_tenant(acme: Any, beta: Any, now: datetime) -> None:
    with tenant_context(beta):
        stranger = make_user("secret@beta.example", now, role="tenant_admin")
        models.create_subject(code="secret", name="Secretport", acting_user=stranger, now=now)
        accounts.create_role("secret", name="Secretport", permissions=[], acting_user=None, now=now)
        accounts.create_api_key(stranger, name="Secretport", now=now)
    office = Client(headers=ACME)
    office.force_login(make_user("admin@acme.example", now, role="tenant_admin"))
    registry: dict[Any, Any] = admin.site._registry
    searched = [model for model, one in registry.items() if one.search_fields]
    pages = [reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") for model in searched]

    found = [office.get(page, {"q": word}) for page in pages for word in ("secret", str(stranger.pk))]
    assert len(found) > 20
    assert {answer.status_code for answer in found} <= {200, 302, 404}
    assert [answer.request["PATH_INFO"] for answer in found if b"Secretport" in answer.content] == []
    completed = office.get(
        "/admin/autocomplete/", {"app_label": "accounts", "model_name": "grant", "field_name": "user"}
    )
    assert completed.status_code in (200, 403)
    assert b"beta.example" not in completed.content


def test_nothing_of_before_is_good_at_a_host_that_is_another_tenants_by_now(
    acme: Any, beta: Any, now: datetime
) -> None:
    """As when a tenant has gone, and its name is given to the next one."""
    with tenant_context(beta):
        user = make_user("ada@beta.example", timezone.now(), role="tenant_admin")
        _, key = accounts.create_api_key(user, name="k", now=timezone.now())
        browser = Client(headers=BETA)
        browser.force_login(user)
        link = f"/password/new/{token_for(user)}/"
    program = Client(headers={**BETA, "Authorization": f"Bearer {key}"})
    assert [browser.get("/account/").status_code, program.get("/api/v1/users/").status_code] == [200, 200]
    assert Client(headers=BETA).get(link).status_code == 200

    with schema_context("public"):
        domain = Domain.objects.get(domain="beta.localhost")
        domain.tenant = Tenant.objects.get(slug="acme")
        domain.is_primary = False
        domain.save()

    assert [browser.get("/account/").status_code, program.get("/api/v1/users/").status_code] == [302, 401]
    assert Client(headers=BETA).get(link).status_code == 410


@pytest.mark.thorough
def test_nothing_of_a_tenant_that_has_gone_is_good_at_the_next_one_of_its_name(
    make_tenant: Callable[[str], Tenant], slug: str, now: datetime
) -> None:
    """Not even where the same people have accounts, with the same addresses and passwords."""
    host = {"host": f"{slug}.localhost"}
    with tenant_context(make_tenant(slug)):
        configuration.change("sign_in.links", True, now=now)
        ada, bo = (
            make_user("ada@gone.example", now, role="tenant_admin"),
            make_user("bo@gone.example", now, "stakeholder"),
        )
        _, key = accounts.create_api_key(ada, name="k", now=now)
        browser = Client(headers=host)
        browser.force_login(ada)
        links = [FORGOTTEN_LINKS.path_for(ada), SIGN_IN_LINKS.path_for(bo)]
        application, _ = oauth.register_application(
            "Planner", redirect_uris=[BACK], scopes=SCOPES, acting_user=None, now=now
        )
        program = Program(application, host=host)
        given, code = program.tokens(browser), program.let_in(browser)["code"]
    brought = [key, given["access_token"]]
    assert [Client(headers=host).get(one).status_code for one in links] == [200, 200]
    assert [status(one, host=host) for one in brought] == [200, 200]

    with schema_context("public"):
        remove_tenant(slug)
        next_one = make_tenant(slug)
    with tenant_context(next_one):
        configuration.change("sign_in.links", True, now=now)
        for email, one in (("ada@gone.example", ada), ("bo@gone.example", bo)):
            User.objects.create(email=email, created_at=now, password=one.password)

    assert browser.get("/account/").status_code == 302
    assert [Client(headers=host).get(one).status_code for one in links] == [410, 410]
    assert [status(one, host=host) for one in brought] == [401, 401]
    assert {program.exchange(code).status_code, program.refresh(given["refresh_token"]).status_code} <= {400, 401}
