"""What can be permitted of accounts, and the roles of those who administer."""

from django.utils.translation import gettext_noop as _

from apps.core.rights import declare, declare_role, grant, name_actions

name_actions(
    read=_("see"),
    create=_("add"),
    update=_("change"),
    delete=_("delete"),
    view_as=_("see the product as they do"),
    manage=_("everything"),
    **{"*": _("everything")},
)
declare("tenant", _("The tenant with all that is in it: who manages it may do everything."))
declare(
    "users",
    _("Accounts."),
    *("read", "create", "update", "delete", "view_as"),
    model="accounts.User",
    sensitive=("create", "update", "delete", "view_as", "manage"),
)
CHANGES = ("create", "update", "delete")
declare("roles", _("Roles."), "read", *CHANGES, model="accounts.Role", sensitive=CHANGES)
declare("grants", _("Who has which role."), "read", "create", "delete", model="accounts.Grant", sensitive=CHANGES[::2])
declare("api-keys", _("Keys of programs."), "read", "create", "delete", model="accounts.ApiKey", sensitive=("create",))

ADMINISTRATOR = declare_role("tenant_admin", "Tenant administrator", "Runs the tenant.")
PLATFORM_ADMINISTRATOR = declare_role(
    "platform_admin", "Platform administrator", "Looks after the platform.", is_platforms=True
)
grant(ADMINISTRATOR, "tenant:*:manage", "users:tenant:manage")
grant(PLATFORM_ADMINISTRATOR, "tenant:*:manage")
