from django.urls import path

from apps.factors.views import factors, signing_in

app_name = "factors"
urlpatterns = [
    path("sign-in/factor/", signing_in.second_step, name="sign-in"),
    path("account/security/factors/", factors.factors, name="list"),
    path("account/security/factors/app/", factors.app, name="app"),
    path("account/security/factors/app/new/", factors.begin, name="begin"),
    path("account/security/factors/codes/", factors.renew, name="codes"),
    path("account/security/factors/<uuid:pk>/remove/", factors.remove, name="remove"),
]
