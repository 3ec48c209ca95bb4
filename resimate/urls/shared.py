"""Addresses that every host has."""

from django.urls import URLPattern, URLResolver, path
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerSplitView

from apps.core.api.schema import schema

api_documents: list[URLPattern | URLResolver] = [
    path("api/schema/", schema, name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="swagger"),
    path("api/redoc/", SpectacularRedocView.as_view(url_name="schema"), name="redoc"),
]
