from django.urls import path

from apps.core import roles
from apps.factors.views import approvals, devices, factors, passkeys, signing_in, texts

role = roles.AUTH
app_name = "factors"
urlpatterns = [
    path("sign-in/factor/", signing_in.second_step, name="sign-in"),
    path("sign-in/factor/passkey/", passkeys.ask_half_signed_in, name="ask-half-signed-in"),
    path("sign-in/factor/text/", texts.second_step, name="sign-in-text"),
    path("sign-in/factor/device/", approvals.second_step, name="sign-in-device"),
    path("sign-in/approve/worker.js", approvals.worker, name="worker"),
    path("sign-in/approve/replaced/<str:token>/", approvals.replace_address, name="replace-address"),
    path("sign-in/approve/<str:token>/", approvals.approve, name="approve"),
    path("sign-in/passkey/", passkeys.sign_in, name="sign-in-passkey"),
    path("sign-in/passkey/ask/", passkeys.ask_anybody, name="ask-anybody"),
    path("account/security/factors/", factors.factors, name="list"),
    path("account/security/factors/app/", factors.app, name="app"),
    path("account/security/factors/app/new/", factors.begin, name="begin"),
    path("account/security/factors/passkey/", passkeys.add, name="passkey"),
    path("account/security/factors/passkey/new/", passkeys.ask_for_new, name="ask-for-new"),
    path("account/security/factors/passkey/ask/", passkeys.ask_signed_in, name="ask-signed-in"),
    path("account/security/factors/phone/", texts.add, name="phone"),
    path("account/security/factors/phone/code/", texts.code, name="phone-code"),
    path("account/security/factors/phone/again/", texts.again, name="phone-again"),
    path("account/security/factors/device/", devices.add, name="device"),
    path("account/security/factors/device/first/", devices.first, name="device-first"),
    path("account/security/factors/codes/", factors.renew, name="codes"),
    path("account/security/factors/<uuid:pk>/rename/", factors.rename, name="rename"),
    path("account/security/factors/<uuid:pk>/remove/", factors.remove, name="remove"),
]
