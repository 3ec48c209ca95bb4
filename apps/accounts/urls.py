from django.urls import path

from apps.accounts.views import (
    account,
    addresses,
    delegating,
    devices,
    first_steps,
    forgotten,
    invitations,
    registering,
    security,
    sign_in_links,
    signing_in,
    viewing,
)
from apps.core import roles

role = roles.AUTH
app_name = "accounts"
urlpatterns = [
    path("sign-in/", signing_in.sign_in, name="sign-in"),
    path("sign-in/device/", devices.unproved, name="device-unproved"),
    path("sign-in/device/<str:token>/", devices.prove, name="prove-device"),
    path("sign-in/link/", sign_in_links.ask, name="sign-in-link"),
    path("sign-in/link/sent/", sign_in_links.sent, name="sign-in-link-sent"),
    path("sign-in/link/<str:token>/", sign_in_links.sign_in, name="sign-in-by-link"),
    path("sign-out/", signing_in.sign_out, name="sign-out"),
    path("account/", account.account, name="account"),
    path("account/session/", security.session, name="session"),
    path("account/security/", security.security, name="security"),
    path("account/security/sessions/end-others/", security.end_other_sessions, name="end-other-sessions"),
    path("account/security/sessions/<uuid:pk>/end/", security.end_session, name="end-session"),
    path("account/delegations/", delegating.delegations, name="delegations"),
    path("account/delegations/new/", delegating.hand_on, name="hand-on"),
    path("account/delegations/<uuid:pk>/end/", delegating.end, name="end-delegation"),
    path("account/view/stop/", viewing.stop, name="stop-view"),
    path("password/forgotten/", forgotten.forgotten, name="forgotten"),
    path("password/forgotten/sent/", forgotten.sent, name="forgotten-sent"),
    path("password/new/<str:token>/", forgotten.choose, name="choose-password"),
    path("account/address/<str:token>/", addresses.confirm, name="confirm-address"),
    path("account/first-steps/put-away/", first_steps.put_away, name="put-steps-away"),
    path("register/", registering.register, name="register"),
    path("register/sent/", registering.sent, name="register-sent"),
    path("invitations/<str:token>/", invitations.accept, name="invitation"),
]
