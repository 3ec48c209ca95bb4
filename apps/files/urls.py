from django.urls import path

from apps.files import views

app_name = "files"
urlpatterns = [path("download/<str:token>/", views.download, name="download")]
