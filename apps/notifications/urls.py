from django.urls import path

from apps.core import roles
from apps.notifications import views

role = roles.PORTAL
app_name = "notifications"
urlpatterns = [
    path("dev/mail/", views.mail, name="mail"),
    path("dev/mail/<str:key>/", views.mail_detail, name="mail-detail"),
]
