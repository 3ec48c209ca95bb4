"""The baseline: the same rows and fields from a bare Django view, with no tenant, sign-in, permission or limit."""

import os
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path


def _database(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname,
        "PORT": parts.port,
        "OPTIONS": {"pool": {"min_size": 1, "max_size": 8}, "options": "-c search_path=acme,public"},
    }


def models(request: HttpRequest) -> HttpResponse:
    from django.db import connection  # the table is read as it is: its model belongs to the product's settings

    with connection.cursor() as cursor:
        cursor.execute(QUERY)
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return HttpResponse(
        orjson.dumps({"next": None, "previous": None, "results": rows}), content_type="application/json"
    )


QUERY = os.environ.get("BENCH_QUERY", "")
urlpatterns = [path("models/", models)]

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        DATABASES={"default": _database(os.environ["DATABASE_OWNER_URL"])},
        ROOT_URLCONF=__name__,
        SECRET_KEY="of-the-benchmark",  # noqa: S106  nothing is signed with it
        MIDDLEWARE=[],
        USE_TZ=True,
    )
    application = get_wsgi_application()
