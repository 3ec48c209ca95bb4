from django.urls import path

from apps.accounts.views import account, forgotten, invitations, signing_in

app_name = "accounts"
urlpatterns = [
    path("sign-in/", signing_in.sign_in, name="sign-in"),
    path("sign-out/", signing_in.sign_out, name="sign-out"),
    path("account/", account.account, name="account"),
    path("password/forgotten/", forgotten.forgotten, name="forgotten"),
    path("password/forgotten/sent/", forgotten.sent, name="forgotten-sent"),
    path("password/new/<str:token>/", forgotten.choose, name="choose-password"),
    path("invitations/<str:token>/", invitations.accept, name="invitation"),
]
