"""What can be permitted of keys of encryption. Who administers a tenant may none of it: see ``Resource.is_apart``."""

from apps.core.rights import declare, declare_role, grant

declare("keys", "Keys of encryption.", "read", "rotate", "verify", "destroy", is_apart=True)
CUSTODIAN = declare_role("key_custodian", "Custodian of keys", "Looks after the keys of encryption.")
grant(CUSTODIAN, "keys:tenant:manage")
