"""The platform's host: landing page, platform administration, mailbox of the development install."""

from django.urls import URLPattern, URLResolver, path

from apps.core import roles
from resimate.urls.serving import part, served_by
from resimate.urls.shared import administration, api_documents
from resimate.views import landing

urlpatterns: list[URLPattern | URLResolver] = [
    *api_documents,
    *administration,
    *served_by(roles.PORTAL, path("", landing, name="landing")),
    part("apps.accounts.urls"),
    part("apps.factors.urls"),
    part("apps.notifications.urls"),
]

handler400 = "apps.core.views.bad_request"
handler403 = "apps.accounts.denials.page"
handler404 = "apps.core.views.not_found"
handler500 = "apps.core.views.server_error"
