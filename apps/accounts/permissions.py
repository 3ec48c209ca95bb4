"""What can be permitted of accounts, and the roles of those who administer."""

from apps.core.rights import declare, declare_role, grant

declare("tenant", "The tenant with all that is in it: who manages it may do everything.")
declare("users", "Accounts.", "read", "create", "update", "delete", model="accounts.User")
declare("roles", "Roles.", "read", "create", "update", "delete", model="accounts.Role")
declare("grants", "Who has which role.", "read", "create", "delete", model="accounts.Grant")
declare("api-keys", "Keys of programs.", "read", "create", "delete", model="accounts.ApiKey")

ADMINISTRATOR = declare_role("tenant_admin", "Tenant administrator", "Runs the tenant.")
PLATFORM_ADMINISTRATOR = declare_role(
    "platform_admin", "Platform administrator", "Looks after the platform.", is_platforms=True
)
grant(ADMINISTRATOR, "tenant:*:manage", "users:tenant:manage")
grant(PLATFORM_ADMINISTRATOR, "tenant:*:manage")
