"""A tenant's host: the portal, the personal links, the administration, the API."""

from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView

from apps.core.api import problems
from resimate.urls.serving import part
from resimate.urls.shared import administration, api_documents

api: list[URLPattern | URLResolver] = [
    part("apps.models.api.urls"),
    part("apps.campaigns.api.urls"),
    part("apps.elicitation.api.urls"),
    part("apps.accounts.api.urls"),
    part("apps.factors.api.urls"),
    part("apps.oauth.api.urls"),
    path("", RedirectView.as_view(pattern_name="swagger", http_method_names=["get", "head"])),
    re_path(r"", problems.not_found),
]

# Programs call most often, and patterns are tried in order.
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include(api)),
    *api_documents,
    *administration,
    part("apps.accounts.urls"),
    part("apps.factors.urls"),
    part("apps.oauth.urls"),
    part("apps.notifications.urls"),
    part("apps.files.urls"),
    part("apps.models.urls"),
    part("apps.elicitation.urls"),
    part("apps.emergency.urls"),
    part("apps.campaigns.urls"),
]

handler400 = "apps.core.views.bad_request"
handler403 = "apps.accounts.denials.page"
handler404 = "apps.core.views.not_found"
handler500 = "apps.core.views.server_error"
