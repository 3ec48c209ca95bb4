"""What is refused: codes and tokens that come twice, from elsewhere, by other ways, or after their end."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tenants.utils import tenant_context

from apps.accounts import second_steps
from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.oauth import services
from apps.oauth.models import Authorization
from apps.oauth.tests.conftest import ACME, BACK, BETA, SCOPES, VERIFIER, Program, status

pytestmark = pytest.mark.requirement("SEC-001", "SEC-AUTH-001")


def _error(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


NOT_OURS = {
    "no challenge": ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
    "plain": ({"code_challenge": VERIFIER, "code_challenge_method": "plain"}, "invalid_request"),
    "plain, unsaid": ({"code_challenge": VERIFIER, "code_challenge_method": None}, "invalid_request"),
    "short challenge": ({"code_challenge": "x"}, "invalid_request"),
    "implicit": ({"response_type": "token"}, "unsupported_response_type"),
    "hybrid": ({"response_type": "code token"}, "unsupported_response_type"),
    "id_token": ({"response_type": "code id_token"}, "unsupported_response_type"),
    "more than registered": ({"scope": "users:tenant:read settings:tenant:manage"}, "invalid_scope"),
}


@pytest.mark.parametrize(("changes", "error"), NOT_OURS.values(), ids=NOT_OURS)
def test_a_way_that_is_not_ours_leads_back_with_an_error(
    program: Program, browser: Client, changes: dict[str, Any], error: str
) -> None:
    for answer in (browser.get(program.asks(**changes)), browser.post(program.asks(**changes), {"decision": "allow"})):
        assert answer.status_code == 303
        assert answer["Location"].startswith(f"{BACK}?error={error}")
        assert "iss=" in answer["Location"]
    assert not Authorization.objects.exists()


@pytest.mark.parametrize(
    "back",
    [
        f"{BACK}/",
        f"{BACK}?x=1",
        "https://app.example/BACK",
        "https://app.example.evil/back",
        "http://app.example/back",
        "https://app.example:444/back",
        "https://app.example/back/../x",
        "//app.example/back",
        "javascript:alert(1)",
        "\0",
    ],
)
def test_nobody_is_led_to_an_address_that_is_not_the_registered_one(
    program: Program, browser: Client, back: str
) -> None:
    answer = browser.get(program.asks(redirect_uri=back))

    assert answer.status_code == 400
    assert "Location" not in answer
    assert browser.get(program.asks(client_id="0" * 32)).status_code == 400
    assert browser.get(f"{program.asks()}&client_id={program.application.client_id}").status_code == 400


def test_a_code_that_comes_twice_ends_all_that_it_gave(program: Program, browser: Client) -> None:
    code = program.let_in(browser)["code"]
    given = program.exchange(code).json()
    assert status(given["access_token"]) == 200

    assert _error(program.exchange(code)) == (400, "invalid_grant")

    assert status(given["access_token"]) == 401
    assert _error(program.refresh(given["refresh_token"])) == (400, "invalid_grant")
    assert AuditEntry.objects.get(action="authorization.refused").details == {"reason": "code_reused"}


def test_a_code_is_for_who_asked_with_what_they_asked(register: Callable[..., Program], browser: Client) -> None:
    program, other = register(), register()
    code = program.let_in(browser)["code"]

    assert _error(other.exchange(code)) == (400, "invalid_grant")
    assert _error(program.exchange(code, code_verifier="w" * 43)) == (400, "invalid_grant")
    assert program.exchange(code, code_verifier=None).status_code == 400
    assert _error(program.exchange(code, redirect_uri=f"{BACK}/")) == (400, "invalid_grant")
    assert program.exchange(code).status_code == 200


def test_a_code_is_good_for_a_minute(program: Program, browser: Client, clock: Any) -> None:
    codes = [program.let_in(browser)["code"] for _ in range(2)]
    clock.moment += timedelta(seconds=59)
    assert program.exchange(codes[0]).status_code == 200
    clock.moment += timedelta(seconds=1)
    assert _error(program.exchange(codes[1])) == (400, "invalid_grant")


def test_a_refresh_token_that_comes_twice_ends_them_all(program: Program, browser: Client) -> None:
    first = program.tokens(browser)
    second = program.refresh(first["refresh_token"]).json()
    assert status(second["access_token"]) == 200

    assert _error(program.refresh(first["refresh_token"])) == (400, "invalid_grant")

    assert _error(program.refresh(second["refresh_token"])) == (400, "invalid_grant")
    assert [status(one["access_token"]) for one in (first, second)] == [401, 401]


def test_a_refresh_narrows_and_never_widens(program: Program, browser: Client) -> None:
    first = program.tokens(browser, scope="users:tenant:read")

    assert _error(program.refresh(first["refresh_token"], scope=" ".join(SCOPES))) == (400, "invalid_scope")
    assert status(first["access_token"], "/api/v1/roles/") == 403
    wide = program.tokens(browser)
    narrow = program.refresh(wide["refresh_token"], scope="roles:tenant:read").json()["access_token"]
    assert [status(narrow, path) for path in ("/api/v1/users/", "/api/v1/roles/")] == [403, 200]


@pytest.mark.parametrize(
    "grant", ["password", "client_credentials", "implicit", "", "urn:ietf:params:oauth:grant-type:jwt-bearer"]
)
def test_no_other_grant_tells_anything_of_passwords(program: Program, admin: User, grant: str) -> None:
    from apps.accounts.tests.conftest import PASSWORD

    said = [
        _error(program.calls("token", grant_type=grant, username=admin.email, password=password))
        for password in (PASSWORD, "wrong")
    ]

    assert said[0] == said[1]
    assert said[0][1] in ("unsupported_grant_type", "invalid_request")


def test_a_confidential_application_shows_its_secret(register: Callable[..., Program], browser: Client) -> None:
    program = register(kind="confidential")
    code = program.let_in(browser)["code"]

    assert _error(program.exchange(code, client_secret="wrong"))[1] == "invalid_client"
    assert _error(program.exchange(code, client_secret=None))[1] == "invalid_client"
    given = program.exchange(code)
    assert given.status_code == 200
    _, fresh = services.replace_secret(program.application, acting_user=None, now=timezone.now())
    assert _error(program.refresh(given.json()["refresh_token"]))[1] == "invalid_client"
    assert program.refresh(given.json()["refresh_token"], client_secret=fresh).status_code == 200


def test_nothing_is_good_at_another_tenant(program: Program, browser: Client, beta: Any) -> None:
    code, given = program.let_in(browser)["code"], program.tokens(browser)
    with tenant_context(beta):  # as in a copy of the database: the same application is there
        abroad, _ = services.register_application(
            "Planner", redirect_uris=[BACK], scopes=SCOPES, acting_user=None, now=timezone.now()
        )
        type(abroad).objects.filter(pk=abroad.pk).update(id=program.application.pk)
        there = Program(program.application, host=BETA)

        assert _error(there.exchange(code)) == (400, "invalid_grant")
        assert _error(there.refresh(given["refresh_token"])) == (400, "invalid_grant")
        assert status(given["access_token"], host=BETA) == 401
    assert status(given["access_token"]) == 200


ENDS: dict[str, Callable[[User], Any]] = {
    "another password": lambda user: accounts.reset_password(user, acting_user=None, now=timezone.now()),
    "a closed account": lambda user: User.objects.filter(pk=user.pk).update(is_active=False),
    "a closed and opened one": lambda user: User.objects.filter(pk=user.pk).update(
        session_epoch=user.session_epoch + 1
    ),
    "signed out everywhere": lambda user: accounts.sign_out_everywhere(user, acting_user=None, now=timezone.now()),
    "taken back": lambda user: services.end_authorizations_of(user.pk, why="revoked", now=timezone.now()),
    "thirty days": lambda user: Authorization.objects.update(expires_at=timezone.now() - timedelta(days=1)),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_tokens_end_with_what_they_came_of(
    program: Program, browser: Client, admin: User, end: Callable[[User], Any]
) -> None:
    given = program.tokens(browser)

    end(admin)

    assert status(given["access_token"]) == 401
    assert _error(program.refresh(given["refresh_token"])) == (400, "invalid_grant")
    assert not services.live_authorizations(User.objects.get(), now=timezone.now()).exists()


def test_a_retired_application_is_let_in_by_nobody(program: Program, browser: Client) -> None:
    given, code = program.tokens(browser), program.let_in(browser)["code"]

    services.retire_application(program.application, acting_user=None, now=timezone.now())

    assert status(given["access_token"]) == 401
    assert program.exchange(code).status_code == 401
    assert browser.get(program.asks()).status_code == 400


def test_who_has_shown_the_password_alone_does_not_reach_the_page(program: Program, admin: User) -> None:
    half, stranger = Client(headers=ACME), Client(headers=ACME)
    half.force_login(admin)
    session = half.session
    session.flush()
    session[second_steps.NOTE] = {
        "user": str(admin.pk),
        "seal": admin.get_session_auth_hash(),
        "at": timezone.now().timestamp(),
    }
    session.save()
    half.cookies["resimate"] = str(session.session_key)
    assert second_steps.pending(session, timezone.now()) == admin

    for browser in (half, stranger):
        for answer in (browser.get(program.asks()), browser.post(program.asks(), {"decision": "allow"})):
            assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, reverse("accounts:sign-in"))
    assert not Authorization.objects.exists()


def test_consent_is_not_forged_from_elsewhere(program: Program, admin: User) -> None:
    strict = Client(enforce_csrf_checks=True, headers=ACME)
    strict.force_login(admin)

    assert strict.post(program.asks(), {"decision": "allow"}).status_code == 403
    assert not Authorization.objects.exists()


def test_an_application_ends_its_own_tokens_and_nobody_elses(register: Callable[..., Program], browser: Client) -> None:
    program, other = register(), register(kind="confidential")
    given, theirs = program.tokens(browser), other.tokens(browser)

    assert [program.calls("revoke", token=one).status_code for one in (theirs["refresh_token"], "none")] == [200, 200]
    assert status(theirs["access_token"]) == 200
    assert other.calls("introspect", token=theirs["access_token"]).json()["active"] is True
    assert other.calls("introspect", token=given["access_token"]).json() == {"active": False}
    assert program.calls("introspect", token=given["access_token"]).json() == {"active": False}
    assert program.calls("revoke", token=given["refresh_token"]).status_code == 200
    assert status(given["access_token"]) == 401


def test_a_key_has_no_other_way_by_a_token(register: Callable[..., Program], browser: Client, admin: User) -> None:
    """What holds a key back holds a token back: it invites nobody, and its jobs reach no further."""
    from apps.accounts import authz, reach
    from apps.oauth import access_tokens, bearing

    token = register(scopes=["users:tenant:manage", "roles:tenant:read"]).tokens(browser)["access_token"]
    claims = access_tokens.read(token, timezone.now())
    assert claims is not None
    found = bearing.owner_of(claims)
    assert found is not None
    user, _access = found

    role = accounts.create_role(
        "viewer", name="V", permissions=["roles:tenant:read"], acting_user=None, now=timezone.now()
    )
    with pytest.raises(authz.NotPermitted, match="application cannot invite"):
        accounts.invite("bo@acme.example", roles=[role], acting_user=user, now=timezone.now())
    job = reach.enqueue("assessment.score", {}, acting_user=user, now=timezone.now())
    later = reach.acting_user_of(job)
    assert authz.everywhere(later, "roles:read")
    assert not authz.somewhere(later, "settings:update")
    services.end_authorizations_of(admin.pk, why="revoked", now=timezone.now())
    with pytest.raises(reach.ReachLost):
        reach.acting_user_of(job)
