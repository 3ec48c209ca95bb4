"""Who may ask for what before anybody has signed in."""

import base64
from datetime import datetime
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import Client, RequestFactory, override_settings
from django.utils import timezone
from rest_framework.request import Request

from apps.accounts import services as accounts
from apps.accounts.api import authentication
from apps.accounts.models import Role
from apps.configuration.throttling import GroupThrottle
from resimate import checks

HOST = {"host": "acme.localhost"}


@pytest.mark.requirement("NET-001")
@override_settings(SECURE_SSL_REDIRECT=True)
def test_nobody_is_redirected_to_a_host_that_is_not_ours(acme: Any, client: Client) -> None:
    theirs = client.get("/sign-in/", headers={"host": "evil.example"})
    ours = client.get("/sign-in/", headers=HOST)

    assert (theirs.status_code, theirs.headers.get("Location")) == (404, None)
    assert (ours.status_code, ours.headers["Location"]) == (301, "https://acme.localhost/sign-in/")


@pytest.mark.requirement("CMS-001")
def test_an_anonymous_limit_counts_the_real_address(acme: Any, rf: RequestFactory) -> None:
    def left(address: str) -> int:
        asked = Request(rf.get("/api/v1/models/", headers={"X-Forwarded-For": address}))
        GroupThrottle().allow_request(asked, None)
        return int(asked._request.rate_limit["RateLimit"].partition("r=")[2].partition(";")[0])  # type: ignore[attr-defined]

    first = left("1.1.1.1")

    assert left("2.2.2.2") == first - 1


@pytest.mark.requirement("SEC-001")
def test_guessing_keys_comes_to_an_end_and_shuts_no_owner_out(
    acme: Any, client: Client, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = accounts.create_user("ada@acme.example", password="correct horse battery", now=now)
    accounts.grant_role(owner, Role.objects.get(code="model_analyst"), acting_user=None, now=now)
    _, key = accounts.create_api_key(owner, name="good", now=timezone.now(), acting_user=owner)
    monkeypatch.setattr(authentication, "MOST_WRONG_KEYS", 2)
    wrong = {**HOST, "Authorization": "Bearer rsk_live_aaaaaaaa_bbbb"}

    guesses = [client.get("/api/v1/models/", headers=wrong).status_code for _ in range(4)]

    assert guesses == [401, 401, 429, 429]
    assert client.get("/api/v1/models/", headers={**HOST, "Authorization": f"Bearer {key}"}).status_code == 200


@pytest.mark.requirement("NET-001")
@pytest.mark.parametrize(
    ("peer", "forwarded", "status"), [("127.0.0.1", {}, 200), ("10.0.0.9", {}, 404), ("127.0.0.1", {"Via": "x"}, 404)]
)
def test_the_mailbox_opens_on_this_machine_alone(
    acme: Any, peer: str, forwarded: dict[str, str], status: int, tmp_path: Any, settings: Any
) -> None:
    settings.MAILBOX_DIR = tmp_path

    assert Client(REMOTE_ADDR=peer).get("/dev/mail/", headers={**HOST, **forwarded}).status_code == status


@pytest.mark.requirement("SEC-001")
@pytest.mark.parametrize(
    ("secret", "key", "named"),
    [
        ("a" * 50, bytes(range(0, 256, 8)), {"SECRET_KEY"}),
        ("abcdefghij" * 6, bytes(range(0, 256, 8)), {"SECRET_KEY"}),
        ("9x2!kQ#v7Lm@pZ4&wT8*rB1^nY6(dF3)hJ5_gC0+sE%aUoIiXyWq", bytes(32), {"ENCRYPTION_KEY"}),
        ("9x2!kQ#v7Lm@pZ4&wT8*rB1^nY6(dF3)hJ5_gC0+sE%aUoIiXyWq", b"0123456789abcdef" * 2, {"ENCRYPTION_KEY"}),
        ("9x2!kQ#v7Lm@pZ4&wT8*rB1^nY6(dF3)hJ5_gC0+sE%aUoIiXyWq", bytes(range(0, 256, 8)), set()),
    ],
)
def test_production_refuses_secrets_that_can_be_guessed(
    settings: Any, secret: str, key: bytes, named: set[str]
) -> None:
    settings.DEVELOPMENT = False
    settings.SECRET_KEY, settings.ENCRYPTION_KEY, settings.ENCRYPTION_KEY_GIVEN = secret, key, True

    refused = {str(one.msg).split()[1].rstrip(":") for one in checks.refuse_insecure_defaults()}

    assert refused & {"SECRET_KEY", "ENCRYPTION_KEY"} == named


@pytest.mark.requirement("SEC-DATA-002")
@pytest.mark.parametrize("lacking", ["module", "token", "key", "pin"])
def test_production_refuses_an_hsm_of_which_something_is_not_said(settings: Any, lacking: str) -> None:
    settings.DEVELOPMENT, settings.ENCRYPTION_PROVIDER = False, "pkcs11"
    whole = {"module": "/lib/hsm.so", "token": "resimate", "key": "resimate", "pin": "1"}

    def refused(said: dict[str, str]) -> bool:
        settings.PKCS11 = said
        return any("PKCS11_MODULE and PKCS11_PIN" in str(one.msg) for one in checks.refuse_insecure_defaults())

    assert not refused(whole)
    assert refused(whole | {lacking: ""})


@pytest.mark.requirement("SEC-DATA-002")
@pytest.mark.parametrize("lacking", ["", "key", "access_key", "secret_key"])
def test_production_refuses_a_key_service_of_which_something_is_not_said(settings: Any, lacking: str) -> None:
    settings.DEVELOPMENT, settings.ENCRYPTION_PROVIDER = False, "aws-kms"
    settings.KMS = dict.fromkeys(("key", "access_key", "secret_key"), "said") | {"endpoint": "", lacking: ""}

    refused = any("KMS_KEY" in str(one.msg) for one in checks.refuse_insecure_defaults())

    assert refused is bool(lacking)


@pytest.mark.requirement("SEC-DATA-002")
@pytest.mark.parametrize(
    ("said", "is_refused"),
    [
        ({"role": "r", "secret": "s"}, False),
        ({"kubernetes": "kubernetes/resimate"}, False),
        ({"role": "r"}, True),
        ({"secret": "s"}, True),
        ({"role": "r", "secret": "s", "address": ""}, True),
        ({"role": "r", "secret": "s", "key": ""}, True),
    ],
)
def test_production_refuses_a_vault_that_would_not_let_us_in(
    settings: Any, said: dict[str, str], is_refused: bool
) -> None:
    settings.DEVELOPMENT, settings.ENCRYPTION_PROVIDER = False, "vault"
    nothing = dict.fromkeys(("role", "secret", "kubernetes"), "")
    settings.VAULT = {"address": "https://vault:8200", "key": "transit/resimate"} | nothing | said

    refused = any("VAULT_ADDR" in str(one.msg) for one in checks.refuse_insecure_defaults())

    assert refused is is_refused


@pytest.mark.requirement("DB-002")
def test_content_types_of_tenants_are_refused_by_whoever_checks(settings: Any) -> None:
    settings.TENANT_APPS = [*settings.TENANT_APPS, "django.contrib.contenttypes"]

    assert "resimate.E011" in {one.id for one in run_checks()}


@pytest.mark.requirement("SEC-DATA-001")
@pytest.mark.parametrize(
    "text", [base64.b64encode(b"abc").decode(), "not base64!", base64.b64encode(bytes(33)).decode()]
)
def test_a_key_of_the_wrong_length_is_refused_when_it_is_read(text: str) -> None:
    from resimate.env import BadSetting
    from resimate.servers import encryption_key

    with pytest.raises(BadSetting, match="base64 of 32 bytes"):
        encryption_key(text)
