"""What somebody holds of one tenant opens nothing at another that has the same rows, with the same ids and digests.

As in a tenant that was restored from the dump of another. All tenants have the same secret here, as they had once, so
that what refuses is what was signed and stored. Cookies and passkeys: ``ATTACKS`` in ``test_tenant_walls.py``.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

import pytest
from auditlog.context import disable_auditlog
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.apps import apps
from django.db.models import BinaryField, Model
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context
from jwt.algorithms import ECAlgorithm

from apps.accounts import keys as key_texts
from apps.accounts import services as accounts
from apps.accounts.models import AddressChange, ApiKey, Invitation, Role, User
from apps.accounts.services import addresses, device_links, forgotten, invitations, sign_in_links
from apps.campaigns import services as campaigns
from apps.campaigns.links import LINKS as PARTICIPANTS
from apps.campaigns.tests import story
from apps.configuration import services as configuration
from apps.core import crypto
from apps.elicitation import services as elicitations
from apps.elicitation.links import LINKS as EXPERTS
from apps.elicitation.tests import story as judging
from apps.factors.models import Approval, Device, Factor
from apps.factors.services import approving, replacing
from apps.models.services import import_document
from apps.oauth import access_tokens, texts
from apps.oauth.models import Application, Authorization, RefreshToken, SigningKey
from apps.oauth.tests.conftest import ACME, BACK, BETA, SCOPES, VERIFIER, Program, challenge_of, status
from apps.outreach import links as personal_links
from resimate.tests.sources import ROOT

pytestmark = pytest.mark.requirement("SEC-AUTH-001", "SEC-AUTH-002", "DB-002")

ID: Final = UUID(int=7 << 76 | 2 << 62 | 1)
PREFIX, KEY = key_texts.make()
CODE, REFRESH, SECRET = texts.new_code(), texts.new_refresh_token(), texts.new_secret()
PRIVATE: Final = ec.generate_private_key(ec.SECP256R1())
Status = Callable[[dict[str, str]], int]


@dataclass(frozen=True)
class Kind:
    """``rows`` makes those of the present tenant, ``bring`` what opens something here: the status, of a host."""

    rows: Callable[[datetime], list[Model]]
    bring: Callable[[], Status]
    opens: int = 200
    #: Of links that are sealed, how they are told apart.
    salt: str = ""


def _user(now: datetime, *roles: str) -> User:
    user = User.objects.create(id=ID, email="ada@acme.example", password="!none", created_at=now)
    for code in roles:
        accounts.grant_role(user, Role.objects.get(code=code), acting_user=None, now=now)
    return user


def _who_answers(now: datetime) -> list[Model]:
    configuration.change("sign_in.links", True, now=now)
    return [_user(now, "stakeholder")]


def _invited(now: datetime, *, by_somebody: bool) -> list[Model]:
    inviter, moments = _user(now, "tenant_admin"), {"created_at": now, "sent_at": now}
    inviter_or_none = inviter if by_somebody else None
    end = now + timedelta(days=1)
    return [
        inviter,
        Invitation.objects.create(
            id=ID, email="bo@acme.example", invited_by=inviter_or_none, expires_at=end, **moments
        ),
    ]


def _moves(now: datetime) -> list[Model]:
    user = _user(now)
    return [user, AddressChange.objects.create(id=ID, user=user, email="new@acme.example", asked_at=now)]


def _is_asked(now: datetime) -> list[Model]:
    user = _user(now)
    device = Factor.objects.create(id=ID, user=user, kind="push", confirmed=True, created_at=now)
    return [user, device, Approval.objects.create(id=ID, user=user, factor=device, number="42", created_at=now)]


def _is_reached(now: datetime) -> list[Model]:
    user = _user(now)
    factor = Factor.objects.create(id=ID, user=user, kind="push", confirmed=True, created_at=now)
    return [user, factor, Device.objects.create(id=ID, factor=factor, key=user.key, provider="web", address="{}")]


def _takes_part(now: datetime) -> list[Model]:
    version = story.make_version(now)
    campaign = campaigns.create_campaign(
        name="C", version=version, closes_at=now + timedelta(days=9), acting_user=None, now=now
    )
    campaigns.add_stakeholders(campaign, [story.BO], acting_user=None, now=now)
    campaigns.open_campaign(campaign, acting_user=None, now=now)
    return [_again(PARTICIPANTS.rows().get())]


def _judges(now: datetime) -> list[Model]:
    version = import_document(judging.DOCUMENT, acting_user=None, now=now)
    round_ = elicitations.create_elicitation(
        name="E", version=version, method="ahp", nodes=["all"], acting_user=None, now=now
    )
    elicitations.add_experts(round_, [judging.BO], acting_user=None, now=now)
    elicitations.open_elicitation(round_, acting_user=None, now=now)
    return [_again(EXPERTS.rows().get())]


def _again(row: Any) -> Model:
    """Under the id that all have; what is encrypted is bound to it."""
    plain = {one.attname: getattr(row, one.attname) for one in row._meta.concrete_fields}
    type(row)._default_manager.filter(pk=row.pk).update(id=ID)
    for name, value in (plain | {"id": ID}).items():
        setattr(row, name, value)
    with disable_auditlog():  # it would read what there was
        row.save(force_update=True)
    made: Model = row
    return made


def _has_key(now: datetime) -> list[Model]:
    user, end = _user(now, "tenant_admin"), now + timedelta(days=1)
    digest = key_texts.digest_of(KEY)
    return [
        user,
        ApiKey.objects.create(id=ID, user=user, prefix=PREFIX, digest=digest, created_at=now, expires_at=end),
    ]


def _lets_in(now: datetime, *, secret: str = "") -> list[Model]:
    user, end, public = (
        _user(now, "tenant_admin"),
        now + timedelta(days=1),
        ECAlgorithm.to_jwk(PRIVATE.public_key(), True),
    )
    private = PRIVATE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    application = Application.objects.create(
        id=ID,
        kind="confidential" if secret else "public",
        secret_digest=texts.digest_of(secret) if secret else None,
        redirect_uris=[BACK],
        scopes=[*SCOPES],
        created_at=now,
    )
    authorization = Authorization.objects.create(
        id=ID,
        application=application,
        user=user,
        scopes=[*SCOPES],
        epoch=0,
        began_at=now,
        expires_at=end,
        code_digest=texts.digest_of(CODE),
        code_challenge=challenge_of(VERIFIER),
        code_expires_at=end,
        redirect_uri=BACK,
    )
    refresh = RefreshToken.objects.create(
        id=ID, authorization=authorization, digest=texts.digest_of(REFRESH), made_at=now
    )
    return [
        application,
        authorization,
        refresh,
        SigningKey.objects.create(id=ID, private=private, public=public, made_at=now),
    ]


def _path(links: Any) -> Callable[[], Status]:
    def bring() -> Status:
        path = links.path_for(links.rows().get())
        return lambda host: Client().get(path, headers=host).status_code

    return bring


def _tell_an_address() -> Status:
    """One that nobody can be reached at, which is said to whoever may tell one."""
    path = replacing.LINKS.path_for(replacing.LINKS.rows().get())
    return lambda host: Client().post(path, {"device": ""}, headers=host).status_code


def _sealed(links: Any, rows: Callable[[datetime], list[Model]]) -> Kind:
    return Kind(rows, _path(links), salt=links.salt)


def _with_key() -> Status:
    return lambda host: status(KEY, host=host)


def _with_token() -> Status:
    token = access_tokens.write(Authorization.objects.select_related("user").get(), SCOPES, timezone.now())
    return lambda host: status(token, host=host)


def _by_program(ask: Callable[[Program], Any], secret: str = "") -> Callable[[], Status]:
    return lambda: lambda host: ask(Program(Application(id=ID), secret, host)).status_code


KINDS: Final = {
    "invitation": _sealed(invitations.LINKS, partial(_invited, by_somebody=True)),
    "registration": _sealed(invitations.LINKS, partial(_invited, by_somebody=False)),
    "forgotten password": _sealed(forgotten.LINKS, lambda now: [_user(now)]),
    "link to sign in": _sealed(sign_in_links.LINKS, _who_answers),
    "link of a device": _sealed(device_links.LINKS, lambda now: [_user(now)]),
    "another address": _sealed(addresses.LINKS, _moves),
    "question to a device": _sealed(approving.LINKS, _is_asked),
    "another address of a device": Kind(_is_reached, _tell_an_address, opens=422, salt=replacing.LINKS.salt),
    "link to answer": Kind(_takes_part, _path(PARTICIPANTS)),
    "link to judge": Kind(_judges, _path(EXPERTS)),
    "API key": Kind(_has_key, _with_key),
    "access token": Kind(_lets_in, _with_token),
    "code": Kind(_lets_in, _by_program(lambda program: program.exchange(CODE))),
    "refresh token": Kind(_lets_in, _by_program(lambda program: program.refresh(REFRESH))),
    # Past the secret the code is refused.
    "secret of an application": Kind(
        partial(_lets_in, secret=SECRET), _by_program(lambda program: program.exchange("rsc_x"), SECRET), opens=400
    ),
}


def _digests(row: Model) -> dict[str, Any]:
    return {one.attname: getattr(row, one.attname) for one in row._meta.concrete_fields if _is_digest(one)}


def _is_digest(column: Any) -> bool:
    return type(column) is BinaryField and column.name.endswith("digest")


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_what_opens_at_one_tenant_opens_nothing_at_another_with_equal_rows(
    kind: Kind, acme: Any, beta: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crypto, "signing_secrets", lambda _schema: [b"the same for all"])
    now = timezone.now()
    rows, brought = kind.rows(now), kind.bring()
    with tenant_context(beta):
        twins = kind.rows(now)
        theirs, of_beta = [_digests(one) for one in twins], kind.bring()
        for twin, row in zip(twins, rows, strict=True):
            _store(twin, _digests(row))
    assert [one.pk for one in twins] == [one.pk for one in rows]

    assert brought(BETA) in {400, 401, 404, 410} - {kind.opens}
    assert brought(ACME) == kind.opens

    with tenant_context(beta):  # so it was the tenant that was refused, and not a row that is missing
        for twin, digests in zip(twins, theirs, strict=True):
            _store(twin, digests)
    assert of_beta(BETA) == kind.opens


def _store(row: Model, digests: dict[str, Any]) -> None:
    if digests:
        type(row)._default_manager.filter(pk=row.pk).update(**digests)


def test_every_kind_is_here() -> None:
    sources = "".join(one.read_text() for one in (ROOT / "apps").rglob("*.py") if "tests" not in one.parts)
    sealed = set(re.findall(r'SealedLinks\(\s*"([^"]+)"', sources))
    columns = {
        f"{model._meta.label}.{one.name}"
        for model in apps.get_models()
        for one in model._meta.fields
        if _is_digest(one)
    }

    assert {one.salt for one in KINDS.values() if one.salt} == sealed
    assert {*personal_links.kinds()} == {PARTICIPANTS, EXPERTS}
    assert columns == {
        "accounts.ApiKey.digest",
        "core.RememberedAnswer.request_digest",  # of a request, by which nothing is opened
        "oauth.Application.secret_digest",
        "oauth.Authorization.code_digest",
        "oauth.RefreshToken.digest",
    }
