"""Putting the first steps away."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps.accounts import services
from apps.accounts.workspace import user_of


@require_POST
@login_required
def put_away(request: HttpRequest) -> HttpResponse:
    services.put_steps_away(user_of(request), now=timezone.now())
    return redirect("/")
