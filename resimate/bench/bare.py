"""The baseline: a bare Django view with ``.values()`` and orjson; no tenant, sign-in, permission or limit."""

import orjson
from django.db.models import F, FilteredRelation, Q
from django.http import HttpRequest, HttpResponse
from django.urls import path

from apps.models.models import ResilienceModel

FIELDS = ("id", "code", "name", "current_version", "created_at", "updated_at")
DRAFT = FilteredRelation("versions", condition=Q(versions__state="draft"))


def models(request: HttpRequest) -> HttpResponse:
    rows = ResilienceModel.objects.alias(draft=DRAFT).order_by("-id").values(*FIELDS, draft_version=F("draft__id"))
    answer = {"next": None, "previous": None, "results": list(rows[:50])}
    return HttpResponse(orjson.dumps(answer, option=orjson.OPT_UTC_Z), content_type="application/json")


urlpatterns = [path("api/v1/models/", models), path("health/live", lambda _: HttpResponse("ok"))]
