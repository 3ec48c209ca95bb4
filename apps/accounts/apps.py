from django.apps import AppConfig

VIEW_AS = "The id of an account: the answer is what both it and you may see. It takes users:view_as."


class AccountsConfig(AppConfig):
    name = "apps.accounts"
    label = "accounts"

    def ready(self) -> None:
        from apps.accounts import (
            panels,  # noqa: F401  what is shown of sessions
            roles,
            scopes,  # noqa: F401  says what is one's own
            sessions,  # noqa: F401  its receiver binds every new session
            subscribers,  # noqa: F401  they register themselves
        )
        from apps.accounts.models import ApiKey, Grant, Invitation, Role, User
        from apps.audit.capture import follow
        from apps.core.api import headers
        from apps.tenants import upkeep

        headers.declare("View-As", VIEW_AS, "apps.accounts.api.viewing.look")
        upkeep.keep(roles.behind, roles.bring_up)
        follow(User, exclude=("last_login", "key"))
        follow(Invitation, exclude=("key",))
        follow(Role, Grant)
        follow(ApiKey, exclude=("last_used_at", "digest"))
