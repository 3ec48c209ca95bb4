"""A tenant's host: the portal, the personal links, the administration, the API."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView

from apps.core.api import problems
from resimate.urls.shared import api_documents

api: list[URLPattern | URLResolver] = [
    path("", include("apps.models.api.urls")),
    path("", include("apps.campaigns.api.urls")),
    path("", include("apps.elicitation.api.urls")),
    path("", include("apps.accounts.api.urls")),
    path("", include("apps.factors.api.urls")),
    path("", include("apps.oauth.api.urls")),
    path("", RedirectView.as_view(pattern_name="swagger", http_method_names=["get", "head"])),
    re_path(r"", problems.not_found),
]

# Programs call most often, and patterns are tried in order.
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include(api)),
    *api_documents,
    path("admin/", admin.site.urls),
    path("", include("apps.accounts.urls")),
    path("", include("apps.factors.urls")),
    path("", include("apps.oauth.urls")),
    path("", include("apps.notifications.urls")),
    path("", include("apps.files.urls")),
    path("", include("apps.models.urls")),
    path("", include("apps.elicitation.urls")),
    path("", include("apps.emergency.urls")),
    path("", include("apps.campaigns.urls")),
]

handler400 = "apps.core.views.bad_request"
handler403 = "apps.accounts.denials.page"
handler404 = "apps.core.views.not_found"
handler500 = "apps.core.views.server_error"
