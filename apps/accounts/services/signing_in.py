from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.contrib.auth import authenticate, login, logout
from django.db import transaction
from django.http import HttpRequest

from apps import audit
from apps.accounts import devices, metrics, second_steps, sessions, throttle
from apps.accounts.models import User
from apps.accounts.risk import Assessment, Facts, Outcome, assess
from apps.accounts.services.device_links import promise_device_link
from apps.accounts.services.held import held, sessions_of
from apps.accounts.services.notices import note_new_device
from apps.core import context
from apps.core.errors import Refused
from resimate_text.sentences import Sentence


class SignInRefused(Refused):
    code = "sign_in_refused"
    status = 401
    title = "The e-mail address or the password is incorrect"


class TooManyAttempts(Refused):
    code = "too_many_attempts"
    status = 429
    title = "Too many attempts to sign in"

    def __init__(self, seconds: int) -> None:
        one = Sentence("Too many attempts. Try again in {seconds} second.", seconds=seconds)
        more = Sentence("Too many attempts. Try again in {seconds} seconds.", seconds=seconds)
        super().__init__(one if seconds == 1 else more)
        self.seconds = seconds


def refuse_often(what: str, email: str, now: datetime, *, account: throttle.Limit, address: throttle.Limit) -> None:
    """Count a question about an account, known or not, and refuse who asks too often."""
    from_where = throttle.block_of(context.current().ip)
    for name, who, limit in ((f"{what}-address", from_where, address), (what, throttle.digest_of(email), account)):
        if wait := throttle.take(name, who, now, limit):
            raise TooManyAttempts(wait)


class DeviceUnproved(Refused):
    code = "device_unproved"
    status = 403
    title = "The mailbox of the account has to be proved on this device first"


def sign_in(request: HttpRequest, *, email: str, password: str, now: datetime) -> User:
    """Start a session, or note that a second step is awaited: then the request is nobody's still.

    Not one transaction: a refusal is recorded as well, and it must stay recorded. Raises ``DeviceUnproved`` where the
    right password is too little, and sends the link by which it is enough.
    """
    email, ip = email.strip(), context.current().ip
    device = devices.known(request, email)
    if wait := throttle.attempt(email, ip, now, device):
        _refused("throttled", now, on_record=throttle.is_news(email, ip, device))
        raise TooManyAttempts(wait)
    user = authenticate(request, username=email, password=password)
    if not isinstance(user, User):
        _refused("credentials", now)
        raise SignInRefused("The e-mail address or the password is incorrect.")
    odd = _weighed(user, throttle.standing(email, ip, device), is_new=_is_new(request, user), now=now)
    throttle.succeeded(email, ip, device)
    step = second_steps.of(user)
    _ask_for_more(user, odd, has_step=step is not None, now=now)
    recognised(request, user, odd, method=sessions.PASSWORD, now=now)
    return user


def recognised(request: HttpRequest, user: User, odd: Assessment, *, method: str, now: datetime) -> None:
    """Let somebody in who has taken the first step, or note that the second one is awaited."""
    if second_steps.of(user):
        second_steps.begin(request, user, odd, now, method=method)
    else:
        start_session(request, user, methods=[method], odd=odd, now=now)


def let_in(request: HttpRequest, user: User, *, methods: Sequence[str], now: datetime) -> None:
    """Start the session of whom a passkey alone has shown, weighed like any other and on record with its inputs.

    What is asked for from lower sums they have shown already. Raises ``DeviceUnproved`` where sign-ins are refused.
    """
    device, ip = devices.known(request, user.email), context.current().ip
    standing = throttle.standing(user.email, ip, device, own=0)
    odd = _weighed(user, standing, is_new=_is_new(request, user), now=now)
    _ask_for_more(user, odd, has_step=True, now=now)
    start_session(request, user, methods=methods, odd=odd, now=now)


def _is_new(request: HttpRequest, user: User) -> bool:
    """Whether the device was not theirs before; the very first one is none of these."""
    return user.last_login is not None and not devices.known(request, user.email)


def _weighed(user: User, standing: throttle.Standing, *, is_new: bool, now: datetime) -> Assessment:
    facts = Facts(
        is_new_device=is_new,
        failures=standing.failures,
        accounts=standing.accounts,
        factor_used_at=second_steps.last_taken_at(user),
        is_administrator=user.is_staff,
        now=now,
    )
    return assess(facts)


def _ask_for_more(user: User, odd: Assessment, *, has_step: bool, now: datetime) -> None:
    """Send the link that proves the mailbox where something of the account's own may be missing; refuse till then."""
    is_short = odd.outcome is Outcome.REFUSE or (odd.outcome > Outcome.ALLOW and not has_step)
    if is_short or odd.outcome is Outcome.STRONGER:
        promise_device_link(user, odd, is_refused=is_short, now=now)
    if is_short:
        metrics.SIGN_INS.labels("risk").inc()
        raise DeviceUnproved("This sign-in is unusual. Open the link that we have sent to your e-mail address.")


def start_session(
    request: HttpRequest, user: User, *, methods: Sequence[str], now: datetime, odd: Assessment | None = None
) -> None:
    """Let somebody in who was recognised by these methods (RFC 8176); the session gets another id.

    ``odd`` is how odd that is; after a second step its note says so.
    """
    odd = odd or second_steps.risk_of(request.session)
    request.session.flush()  # nothing of before goes on, whoever was here
    is_new = _is_new(request, user)
    login(request, user)
    sessions.note_recognised(request.session, methods, now)
    weighed = {"risk": odd.as_details()} if odd else {}
    request.session.update(weighed)
    if flag := second_steps.missing_for(user):
        request.session[flag] = True
    context.amend(user_id=str(user.pk), actor_type="user")
    audit.record("session.started", now=now, target=user, actor=user, details={"amr": [*methods], **weighed})
    metrics.SIGN_INS.labels("started").inc()
    if is_new:
        note_new_device(user, request.session, now=now)


@transaction.atomic
def end_sessions(user: User, *, but: UUID | None = None) -> User:
    """End the sessions of an account; ``but`` is the one in which its owner acts, which goes on under another id.

    For that it takes Django's ``update_session_auth_hash``.
    """
    user = held(user)
    user.session_epoch += 1
    user.save(update_fields=["session_epoch"])
    sessions_of(user, but=but).delete()
    return user


def sign_out(request: HttpRequest, *, now: datetime) -> None:
    if isinstance(request.user, User):
        audit.record("session.ended", now=now, target=request.user, actor=request.user)
    logout(request)


def _refused(reason: str, now: datetime, *, on_record: bool = True) -> None:
    if on_record:
        audit.record("session.refused", now=now, outcome="failure", details={"reason": reason})
    metrics.SIGN_INS.labels("refused" if reason == "credentials" else reason).inc()
