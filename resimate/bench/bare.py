"""The baseline: a bare Django view with ``.values()`` and orjson; no tenant, sign-in, permission or limit."""

import orjson
from django.db.models import F, FilteredRelation, Q
from django.http import HttpRequest, HttpResponse
from django.urls import path

from apps.models.models import ResilienceModel

FIELDS = ("id", "code", "name", "current_version", "created_at", "updated_at")
ROWS = (
    ResilienceModel.objects.alias(draft=FilteredRelation("versions", condition=Q(versions__state="draft")))
    .order_by("-id")
    .values(*FIELDS, draft_version=F("draft__id"))
)


def models(request: HttpRequest) -> HttpResponse:
    answer = {"next": None, "previous": None, "results": list(ROWS.all()[:50])}
    body = orjson.dumps(answer, option=orjson.OPT_UTC_Z)
    return HttpResponse(body, content_type="application/json", headers={"Content-Length": str(len(body))})


urlpatterns = [path("api/v1/models/", models), path("health/live", lambda _: HttpResponse("ok"))]
