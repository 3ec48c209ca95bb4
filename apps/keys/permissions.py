"""What can be permitted of keys of encryption. Who administers a tenant may none of it: see ``Resource.is_apart``."""

from django.utils.translation import gettext_noop as _

from apps.core.rights import declare, declare_role, grant, name_actions

name_actions(rotate=_("replace"), verify=_("verify"), destroy=_("destroy"))
ON_KEYS = ("rotate", "verify", "destroy")
declare("keys", _("Keys of encryption."), "read", *ON_KEYS, is_apart=True, sensitive=ON_KEYS)
CUSTODIAN = declare_role("key_custodian", "Custodian of keys", "Looks after the keys of encryption.")
grant(CUSTODIAN, "keys:tenant:manage")
