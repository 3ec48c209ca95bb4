"""Applications: registered by an administrator, changed, given another secret, and let in no more."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from django.db import transaction

from apps import audit
from apps.accounts import authz
from apps.accounts.lines import Permission
from apps.accounts.models import User
from apps.core import events
from apps.core.errors import Invalid, Problem, Refused
from apps.core.locking import locked
from apps.oauth.models import MOST_SCOPES, Application
from apps.oauth.services.authorizations import end_all
from apps.oauth.texts import digest_of, new_secret
from resimate_text.sentences import Sentence

LONGEST_ADDRESS = 500
MOST_ADDRESSES = 20
#: A program on somebody's own device is led back to that device (RFC 8252, 7.3).
LOOPBACK = frozenset({"127.0.0.1", "[::1]"})


class ApplicationRetired(Refused):
    code = "application_retired"
    title = "The application was retired"


class NoSecret(Refused):
    code = "application_has_no_secret"
    title = "A public application has no secret"


@transaction.atomic
def register_application(
    name: str,
    *,
    redirect_uris: Sequence[str],
    scopes: Sequence[str],
    acting_user: User | None,
    now: datetime,
    kind: str = Application.Kind.PUBLIC,
) -> tuple[Application, str]:
    """Let an application ask people to let it in. It gets no rights by that: each person gives it some of theirs.

    The secret of a confidential one is returned here and never again; a public one has none.
    """
    authz.require_everywhere(acting_user, "applications:create")
    secret = new_secret() if kind == Application.Kind.CONFIDENTIAL else ""
    application = Application(
        name=name,
        kind=kind,
        secret_digest=digest_of(secret) if secret else None,
        redirect_uris=_addresses(redirect_uris),
        scopes=_scopes(scopes),
        created_at=now,
    )
    application.save(force_insert=True)
    _tell("application.registered", application, acting_user, now)
    return application, secret


@transaction.atomic
def change_application(
    application: Application,
    *,
    acting_user: User | None,
    now: datetime,
    name: str | None = None,
    redirect_uris: Sequence[str] | None = None,
    scopes: Sequence[str] | None = None,
) -> Application:
    """Change what it is called, where it leads back to, or what it may ask for; what people gave it, it keeps."""
    authz.require_everywhere(acting_user, "applications:update")
    application = _held(application)
    application.name = application.name if name is None else name
    application.redirect_uris = application.redirect_uris if redirect_uris is None else _addresses(redirect_uris)
    application.scopes = application.scopes if scopes is None else _scopes(scopes)
    application.save(update_fields=["name", "redirect_uris", "scopes"])
    _tell("application.changed", application, acting_user, now)
    return application


@transaction.atomic
def replace_secret(application: Application, *, acting_user: User | None, now: datetime) -> tuple[Application, str]:
    """Give a confidential application another secret, returned once; the one before opens nothing from now on."""
    authz.require_everywhere(acting_user, "applications:update")
    application = _held(application)
    if not application.is_confidential:
        raise NoSecret("A public application has no secret that could be replaced.")
    secret = new_secret()
    application.secret_digest = digest_of(secret)
    application.save(update_fields=["secret_digest"])
    _tell("application.secret_replaced", application, acting_user, now)
    return application, secret


@transaction.atomic
def retire_application(application: Application, *, acting_user: User | None, now: datetime) -> Application:
    """Let it in no more, for nobody: all its tokens end at once. To retire it again changes nothing."""
    authz.require_everywhere(acting_user, "applications:delete")
    application = locked(Application.objects.all(), application.pk)
    if application.ended_at is None:
        application.ended_at = now
        application.save(update_fields=["ended_at"])
        end_all(application.authorizations.all(), why="retired", acting_user=acting_user, now=now)
        _tell("application.retired", application, acting_user, now)
    return application


def check_application(redirect_uris: Sequence[str], scopes: Sequence[str]) -> None:
    """Raises ``Invalid`` for what an application cannot be registered with."""
    _addresses(redirect_uris)
    _scopes(scopes)


def _held(application: Application) -> Application:
    application = locked(Application.objects.all(), application.pk)
    if application.ended_at is not None:
        raise ApplicationRetired("This application was retired. Register a new one.")
    return application


def _scopes(texts: Sequence[str]) -> list[str]:
    """Raises ``Invalid`` for what is no permission of this product, and without any."""
    if not texts:
        reason = "Name at least one permission that it may ask for."
        raise Invalid(reason, errors=[Problem("/scopes", reason, "required")])
    if len(texts) > MOST_SCOPES:
        reason = Sentence("An application asks for at most {most} permissions.", most=MOST_SCOPES)
        raise Invalid(reason, errors=[Problem("/scopes", reason, "too_many")])
    wrong = [place for place, text in enumerate(texts) if not _is_permission(text)]
    if wrong:
        detail = Sentence("{text!r} is not a permission.", text=texts[wrong[0]])
        raise Invalid(detail, errors=[Problem(f"/scopes/{place}", detail) for place in wrong])
    return list(dict.fromkeys(texts))


def _is_permission(text: str) -> bool:
    try:
        Permission.parse(text)
    except Invalid:
        return False
    return True


def _addresses(texts: Sequence[str]) -> list[str]:
    """Raises ``Invalid`` that points at each which is none."""
    if not 0 < len(texts) <= MOST_ADDRESSES:
        reason = Sentence("Name 1 to {most} addresses to lead back to.", most=MOST_ADDRESSES)
        raise Invalid(reason, errors=[Problem("/redirect_uris", reason, "required")])
    problems = [
        Problem(f"/redirect_uris/{place}", ADDRESS) for place, text in enumerate(texts) if not _leads_back(text)
    ]
    if problems:
        raise Invalid(ADDRESS, errors=problems)
    return list(dict.fromkeys(texts))


ADDRESS = "Write a whole https address without # or *, or http://127.0.0.1:PORT/… for a program on a device."


def _leads_back(text: str) -> bool:
    """By TLS, or to one's own device; whole, so that it can be compared letter by letter (RFC 9700, 2.1).

    >>> _leads_back("https://app.example/back?x=1"), _leads_back("http://127.0.0.1:8080/back")
    (True, True)
    >>> _leads_back("http://app.example/back"), _leads_back("https://app.example/#x"), _leads_back("https://u@app.example/")
    (False, False, False)
    >>> _leads_back("https://*.example/"), _leads_back("javascript:alert(1)"), _leads_back("https://app.example/a b")
    (False, False, False)
    """
    if not (0 < len(text) <= LONGEST_ADDRESS and text.isascii() and text.isprintable()):
        return False
    if any(letter in " #*\\\"'<>;," for letter in text):
        return False
    try:
        parts, port = urlsplit(text), urlsplit(text).port
    except ValueError:
        return False
    host = parts.netloc.removesuffix(f":{port}") if port is not None else parts.netloc
    is_whole = bool(parts.hostname) and "@" not in parts.netloc and parts.path.startswith("/")
    return is_whole and (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK))


def _tell(what: str, application: Application, acting_user: User | None, now: datetime) -> None:
    audit.record(what, now=now, target=application, actor=acting_user)
    events.publish(what, {"application_id": str(application.pk)}, now=now)
