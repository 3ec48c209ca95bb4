from django.urls import path

from apps.core import roles
from apps.emergency.views import access

role = roles.PORTAL
app_name = "emergency"
urlpatterns = [
    path("emergency/", access.overview, name="list"),
    path("emergency/<uuid:pk>/approve/", access.approve, name="approve"),
    path("emergency/<uuid:pk>/begin/", access.begin, name="begin"),
    path("emergency/<uuid:pk>/end/", access.end, name="end"),
    path("emergency/<uuid:pk>/review/", access.review, name="review"),
]
