"""The platform's host: landing page, platform administration, mailbox of the development install."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from resimate.urls.shared import api_documents
from resimate.views import landing

urlpatterns: list[URLPattern | URLResolver] = [
    *api_documents,
    path("admin/", admin.site.urls),
    path("", landing, name="landing"),
    path("", include("apps.accounts.urls")),
    path("", include("apps.factors.urls")),
    path("", include("apps.notifications.urls")),
]

handler400 = "apps.core.views.bad_request"
handler403 = "apps.accounts.denials.page"
handler404 = "apps.core.views.not_found"
handler500 = "apps.core.views.server_error"
