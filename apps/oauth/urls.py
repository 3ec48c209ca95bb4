from django.urls import path

from apps.core import roles
from apps.oauth.views import apps, authorizing, programs

role = roles.AUTH
app_name = "oauth"
urlpatterns = [
    path("oauth/authorize/", authorizing.authorize, name="authorize"),
    path("oauth/token/", programs.token, name="token"),
    path("oauth/revoke/", programs.revoke, name="revoke"),
    path("oauth/introspect/", programs.introspect, name="introspect"),
    path(".well-known/oauth-authorization-server", programs.metadata, name="metadata"),
    path(".well-known/jwks.json", programs.jwks, name="jwks"),
    path("account/apps/", apps.apps, name="apps"),
    path("account/apps/<uuid:pk>/revoke/", apps.revoke, name="revoke-app"),
]
