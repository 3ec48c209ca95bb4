from django.urls import path

from apps.core import roles
from apps.files import views

role = roles.PORTAL
app_name = "files"
urlpatterns = [path("download/<str:token>/", views.download, name="download")]
