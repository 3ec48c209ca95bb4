"""What accounts show themselves on the page of one's security. Apps above declare further sections in theirs::

@show_at(SECURITY)
def factors_of(request: HttpRequest, user: User) -> SafeString | None: ...
"""

from typing import Final

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from apps.accounts import services
from apps.accounts.models import User
from apps.accounts.presenting import Place, session_of
from apps.core.panels import show_at

#: The page /account/security/; a section is markup that begins with ``<section class="card stack">`` and a heading.
SECURITY: Final = "accounts.security"
#: The pages /sign-in/, of where to go afterwards, and the one that asks again who is there: other ways than a password.
SIGN_IN: Final = "accounts.sign_in"
CONFIRM: Final = "accounts.confirm"


@show_at(SECURITY)
def sessions_of(request: HttpRequest, user: User) -> SafeString:
    """Where the person is signed in, this browser first."""
    here = session_of(request)
    live = services.live_sessions(user, now=timezone.now())
    places = sorted((Place(one, one.pk == here) for one in live), key=lambda place: not place.is_here)
    return render_to_string("accounts/_sessions.html", {"places": places}, request)
