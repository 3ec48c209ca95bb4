"""Addresses that every host has."""

from csp.decorators import csp_update
from django.contrib import admin
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerSplitView

from apps.core import roles
from apps.core.api.schema import error_codes, schema
from resimate.urls.serving import served_by

# The two <style> elements that the packaged Redoc makes, by their digests: an empty one, and its scroll bar's.
REDOC_STYLES = [
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
    "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='",
]
redoc = csp_update({"style-src": REDOC_STYLES})(SpectacularRedocView.as_view(url_name="schema"))

# Generated from the addresses of all roles, and read by people.
api_documents: list[URLPattern | URLResolver] = served_by(
    roles.PORTAL,
    path("api/schema/", schema, name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="swagger"),
    path("api/docs/errors", error_codes, name="error-codes"),
    path("api/redoc/", redoc, name="redoc"),
)
administration: list[URLPattern | URLResolver] = served_by(roles.PORTAL, path("admin/", admin.site.urls))
