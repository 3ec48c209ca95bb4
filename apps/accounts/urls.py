from django.urls import path

from apps.accounts import views, views_forgotten

app_name = "accounts"
urlpatterns = [
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("account/", views.account, name="account"),
    path("password/forgotten/", views_forgotten.forgotten, name="forgotten"),
    path("password/forgotten/sent/", views_forgotten.sent, name="forgotten-sent"),
    path("password/new/<str:token>/", views_forgotten.choose, name="choose-password"),
]
