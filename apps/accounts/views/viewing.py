"""The way back from seeing the product as somebody else."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps.accounts import services
from apps.accounts.workspace import user_of


@login_required
@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """See it as oneself again, beginning with the page of whom one saw it as; forms of before send nothing any more."""
    person = services.stop_view(request.session, acting_user=user_of(request), now=timezone.now())
    rotate_token(request)
    return redirect("admin:accounts_user_permissions", person) if person else redirect("/")
