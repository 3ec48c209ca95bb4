from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OauthConfig(AppConfig):
    name = "apps.oauth"
    label = "oauth"
    verbose_name = _("Applications of others")

    def ready(self) -> None:
        from apps.accounts import reach
        from apps.audit.capture import follow
        from apps.oauth import (
            bearing,
            panels,  # noqa: F401  they register themselves
            subscribers,  # noqa: F401  they register themselves
        )
        from apps.oauth.models import Application

        reach.declare(bearing.REACH, bearing.user_of_reach)
        follow(Application)
