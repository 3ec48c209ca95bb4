"""Access tokens that somebody has made, changed or kept too long; and keys that were replaced."""

import base64
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from apps.oauth import services, signing
from apps.oauth.models import SigningKey
from apps.oauth.tests.conftest import ACME, BETA, Program, status

pytestmark = pytest.mark.requirement("SEC-001", "SEC-AUTH-001")


@pytest.fixture
def token(program: Program, browser: Client) -> str:
    return str(program.tokens(browser)["access_token"])


def _public(key: SigningKey) -> bytes:
    pair: Any = jwt.algorithms.ECAlgorithm.from_jwk(json.dumps(key.public))
    found: bytes = pair.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return found


def _text(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in parts)


def test_a_token_that_somebody_has_made_or_changed_opens_nothing(token: str) -> None:
    key, header = SigningKey.objects.get(), jwt.get_unverified_header(token)
    claims = jwt.decode(token, options={"verify_signature": False})
    mine = ec.generate_private_key(ec.SECP256R1())
    own_jwk = jwt.algorithms.ECAlgorithm.to_jwk(mine.public_key(), as_dict=True)
    hmac_key = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    confused = _text({**header, "alg": "HS256"}, claims)
    confused = confused.rpartition(".")[0]
    mac = base64.urlsafe_b64encode(hmac_key.sign(confused.encode(), _public(key))).rstrip(b"=").decode()

    def signed(by: Any = key.private, head: dict[str, Any] | None = None, **changed: Any) -> str:
        given = {name: one for name, one in {**claims, **changed}.items() if one is not None}
        return jwt.encode(given, by, "ES256", headers={**header, **(head or {})})

    assert status(signed()) == 200  # so each of the others is refused for what is changed in it
    forged = {
        "alg none": _text({**header, "alg": "none"}, claims),
        "HS256 by the public key": f"{confused}.{mac}",
        "another key under this id": signed(mine),
        "unknown kid": signed(head={"kid": "0" * 36}),
        "no kid": _text({"alg": "ES256", "typ": "at+jwt"}, claims),
        "jwk": signed(mine, head={"jwk": own_jwk}),
        "jku": signed(head={"jku": "https://evil.example/jwks.json"}),
        "x5c": signed(head={"x5c": ["AAAA"]}),
        "crit": signed(head={"crit": ["exp"]}),
        "id_token": signed(head={"typ": "JWT"}),
        "no typ": signed(head={"typ": None}),
        "other iss": signed(iss="http://beta.localhost:8000"),
        "other aud": signed(aud="http://beta.localhost:8000"),
        "client as aud": signed(aud=claims["client_id"]),
        "expired": signed(exp=int(timezone.now().timestamp()) - 1),
        "of tomorrow": signed(iat=claims["iat"] + 86400),
        "no end": signed(exp=None),
        "no sid": signed(sid=None),
        "other sid": signed(sid=claims["jti"]),
        "other sub": signed(sub=claims["jti"]),
        "other application": signed(client_id=claims["jti"]),
        "no scope": signed(scope=""),
        "other scope": signed(scope="settings:tenant:manage"),
        "scope of any kind": signed(scope=["users:tenant:read"]),
        "cut": token[:-2],
        "signature of another": f"{token.rpartition('.')[0]}.{signed(jti='x').rpartition('.')[2]}",
        "too long": token + "A" * 20_000,
        "not JSON": "e30.bm8.bm8",
        "nested without end": f"{base64.urlsafe_b64encode(b'[' * 12_000).decode()}.e30.AA",
        "no text": "..",
    }
    assert {name: status(one) for name, one in forged.items() if status(one) != 401} == {}


def test_a_wider_scope_in_a_token_is_none(token: str, program: Program) -> None:
    """As if somebody had the key: what was consented to is in the database."""
    key, claims = SigningKey.objects.get(), jwt.decode(token, options={"verify_signature": False})
    wider = jwt.encode(
        {**claims, "scope": "users:tenant:read settings:tenant:manage"},
        key.private,
        "ES256",
        headers=jwt.get_unverified_header(token),
    )

    assert [status(wider, path) for path in ("/api/v1/users/", "/api/v1/settings/")] == [200, 403]


def test_it_is_good_for_ten_minutes(token: str, clock: Any) -> None:
    clock.moment += timedelta(minutes=9, seconds=58)
    assert status(token) == 200
    clock.moment += timedelta(seconds=3)
    assert status(token) == 401


def test_it_is_read_from_the_header_alone(token: str) -> None:
    assert Client().get(f"/api/v1/users/?access_token={token}", headers=ACME).status_code == 401


def test_each_tenant_shows_the_keys_of_its_own(token: str, beta: Any) -> None:
    with tenant_context(beta):
        signing.active(timezone.now())
    shown = [Client().get("/.well-known/jwks.json", headers=host).json()["keys"] for host in (ACME, BETA)]

    assert [{"kty", "crv", "x", "y", "kid", "use", "alg"} == one.keys() for (one,) in shown] == [True, True]
    assert shown[0][0]["kid"] == jwt.get_unverified_header(token)["kid"]
    assert shown[0][0]["kid"] != shown[1][0]["kid"]
    key = jwt.PyJWK(shown[0][0])
    here = "http://acme.localhost:8000"
    assert jwt.decode(token, key, ["ES256"], audience=here, issuer=here)["aud"] == here
    told = Client().get("/.well-known/oauth-authorization-server", headers=BETA).json()
    assert told["issuer"] == "http://beta.localhost:8000"
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert told["token_endpoint"] == "http://beta.localhost:8000/oauth/token/"


@pytest.mark.django_db(databases=["default", "owner"])
def test_a_token_goes_on_after_a_rotation_for_as_long_as_it_is_good(
    token: str, program: Program, browser: Client, clock: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("oauth_keys", "rotate", "--tenant", "acme", "--json")
    told = json.loads(capsys.readouterr().out)
    fresh = program.tokens(browser)["access_token"]

    assert jwt.get_unverified_header(fresh)["kid"] == told["signs"]
    assert told["verify"] == [told["signs"], jwt.get_unverified_header(token)["kid"]]
    assert [status(token), status(fresh)] == [200, 200]
    clock.moment += signing.LIFE + signing.SKEW
    assert len(Client().get("/.well-known/jwks.json", headers=ACME).json()["keys"]) == 1


def test_a_key_that_was_stolen_verifies_nothing_at_once(token: str, program: Program, browser: Client) -> None:
    services.rotate_signing_key(now=timezone.now(), at_once=True)

    assert status(token) == 401
    assert status(program.tokens(browser)["access_token"]) == 200


def test_the_key_of_another_tenant_signs_nothing_here(token: str, beta: Any) -> None:
    claims, header = jwt.decode(token, options={"verify_signature": False}), jwt.get_unverified_header(token)
    with tenant_context(beta):
        theirs = signing.active(timezone.now())
        private, kid = theirs.private, str(theirs.pk)

    assert status(jwt.encode(claims, private, "ES256", headers={**header, "kid": kid})) == 401
    assert status(jwt.encode(claims, private, "ES256", headers=header)) == 401
