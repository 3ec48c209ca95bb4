"""The applications that one has let in, and taking it back."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.workspace import user_of
from apps.core.pages import crumb
from apps.oauth import services
from apps.oauth.models import Application
from apps.oauth.presenting import let_in


@login_required
@never_cache
@require_safe
def apps(request: HttpRequest) -> HttpResponse:
    page = {"apps": let_in(user_of(request), timezone.now()), "crumbs": [crumb(_("Security"), "accounts:security")]}
    return render(request, "oauth/apps.html", page)


@login_required
@require_POST
def revoke(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take back what one let it do."""
    user, now = user_of(request), timezone.now()
    application = Application.objects.filter(
        authorizations__in=services.live_authorizations(user, now=now), pk=pk
    ).first()
    if application is None:
        raise Http404
    services.revoke_own(user, application, now=now)
    messages.success(request, _("%(name)s acts for you no more.") % {"name": application})
    return redirect("oauth:apps")
