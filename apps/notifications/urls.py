from django.urls import path

from apps.notifications import views

app_name = "notifications"
urlpatterns = [
    path("dev/mail/", views.mail, name="mail"),
    path("dev/mail/<str:key>/", views.mail_detail, name="mail-detail"),
]
