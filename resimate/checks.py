"""What production refuses: one sentence for each insecure or unfit default."""

import sys
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from apps.core import roles
from resimate.catalogues import not_compiled

OURS = "apps.accounts.session_store"
CREDENTIALS = ("key", "access_key", "secret_key")
LOCAL = ("localhost", "127.0.0.1", "::1", "")


@register(Tags.security)
def refuse_insecure_defaults(app_configs: Any = None, **_: Any) -> list[CheckMessage]:
    """In production every server, secret and name is the operator's own."""
    if settings.DEVELOPMENT:
        return []
    runtime, owner = settings.DATABASES["default"]["USER"], settings.DATABASES["owner"]["USER"]
    servers = settings.SERVERS
    wanted = [
        ("DATABASE_URL", servers.embedded_database, "production does not run on the embedded PostgreSQL"),
        ("REDIS_URL", servers.embedded_redis, "production does not run on the embedded Valkey"),
        ("EMAIL_URL", servers.embedded_email, "production does not send mail to the embedded mailbox"),
        (
            "SECRET_KEY",
            _is_guessable(settings.SECRET_KEY, 50),
            "it signs sessions: 50 random characters",
        ),
        _lacking_of_keys(),
        ("RESIMATE_BASE_DOMAIN", settings.BASE_DOMAIN in LOCAL, "it is the host name that people use"),
        ("COLLECTED_STATIC", not settings.COLLECTED_STATIC, "production serves compressed, hashed files"),
        ("DATABASE_OWNER_URL", settings.OWNER_GIVEN and owner == runtime, "the runtime role must own nothing"),
    ]
    return [
        Error(f"Set {name}: {reason}.", id=f"resimate.E{number:03}")
        for number, (name, unfit, reason) in enumerate(wanted, start=1)
        if unfit
    ]


def _lacking_of_keys() -> tuple[str, bool, str]:
    """What of who wraps the keys has to be set, whether it is not, and why it has to be."""
    there = "that is where the keys are wrapped"
    if settings.ENCRYPTION_PROVIDER == "vault":
        vault = settings.VAULT
        lets_us_in = vault["kubernetes"] or (vault["role"] and vault["secret"])
        credentials = "VAULT_ADDR, and VAULT_ROLE_ID with VAULT_SECRET_ID, or VAULT_KUBERNETES_ROLE"
        return credentials, not (vault["address"] and vault["key"] and lets_us_in), there
    if settings.ENCRYPTION_PROVIDER == "pkcs11":
        return "PKCS11_MODULE and PKCS11_PIN", not all(settings.PKCS11.values()), there
    if settings.ENCRYPTION_PROVIDER == "aws-kms":
        kms = settings.KMS
        return "KMS_KEY, KMS_ACCESS_KEY and KMS_SECRET_KEY", not all(kms[one] for one in CREDENTIALS), there
    if not settings.ENCRYPTION_KEY_GIVEN:
        return "ENCRYPTION_KEY", True, "it protects personal data; base64 of 32 random bytes"
    weak = _is_guessable(settings.ENCRYPTION_KEY.decode("latin-1"), 32)
    return "ENCRYPTION_KEY", weak, "its 32 bytes are not random; `openssl rand -base64 32` makes some"


@register(Tags.security)
def refuse_unfit_settings(app_configs: Any = None, **_: Any) -> list[CheckMessage]:
    """What the installation sets of security has to fit; what else does not fit is said."""
    from apps.configuration import environment  # apps are there by now, and not where this is imported
    from apps.configuration.registry import KEYS

    said = "{} is set by the environment: {}."
    found: list[CheckMessage] = []
    for name, flaw in environment.flaws_of_environment().items():
        is_security = name in KEYS and environment.is_security(KEYS[name])
        refuse, number = (Error, "E015") if is_security else (Warning, "W016")
        found.append(refuse(said.format(name, flaw), id=f"resimate.{number}"))
    return found


@register(Tags.security)
def refuse_an_open_door(app_configs: Any = None, **_: Any) -> list[CheckMessage]:
    """In production nothing inside is called because somebody has written its address."""
    if settings.DEVELOPMENT or not settings.OUTBOUND_ALLOW:
        return []
    inside = "Unset RESIMATE_OUTBOUND_ALLOW: in production only public addresses are called; it is for tests."
    return [Error(inside, id="resimate.E013")]


@register(Tags.security)
def refuse_without_fips(app_configs: Any = None, **_: Any) -> list[CheckMessage]:
    """Where only FIPS mode will do, nothing is served without it."""
    if settings.FIPS != "required":
        return []
    from resimate import fips  # nobody else needs it

    said = "RESIMATE_FIPS=required, and it is not so: {} `manage.py check_fips` says more."
    return [Error(said.format(one), id="resimate.E014") for one in fips.lacking()]


def _is_guessable(secret: str, length: int) -> bool:
    """Whether it is too short, or has not the variety of what is made at random: repeats itself, or uses few signs."""
    return len(secret) < length or len(set(secret)) < length // 3 or secret[: len(secret) // 2] in secret[1:]


@register(Tags.compatibility)
def refuse_content_types_of_tenants(app_configs: Any = None, **_: Any) -> list[CheckMessage]:
    """What a process remembers of content types, it remembers for all tenants."""
    shared = "Content types belong to the public schema alone: their cache is shared."
    return [Error(shared, id="resimate.E011")] if "django.contrib.contenttypes" in settings.TENANT_APPS else []


@register(Tags.security)
def refuse_sessions_of_no_tenant(app_configs: Any = None, **_: Any) -> list[CheckMessage]:
    """A store that does not know tenants, as a cache or the cookie itself, lets the cookie of one in at another."""
    said = f"SESSION_ENGINE must be {OURS}: others do not keep tenants apart, and cannot end a session at once."
    return [] if settings.SESSION_ENGINE == OURS else [Error(said, id="resimate.E017")]


@register(Tags.translation)
def miss_no_translation(app_configs: Any = None, **_: Any) -> list[CheckMessage]:
    """Where a catalogue was not compiled, pages would be in English, and nobody would be told."""
    return [
        Warning(f"{path} is not compiled.", hint="run `python -m resimate.catalogues`", id="resimate.W012")
        for path in not_compiled()
    ]


def stop_when_unfit(kind: str) -> None:
    """End a process of that kind, with the sentences, before it serves anything: entry points run no system checks."""
    if said := roles.misplaced(settings.ROLE, kind):
        sys.exit(said)
    checks = (refuse_insecure_defaults, refuse_an_open_door, refuse_without_fips, refuse_sessions_of_no_tenant)
    if problems := [problem for check in checks for problem in check()]:
        sys.exit("\n".join(str(problem.msg) for problem in problems))
