"""What can be permitted of emergency access, who may ask for it, and what it opens: to see, and nothing else."""

from typing import Final

from django.utils.translation import gettext_noop as _

from apps.core.rights import declare, declare_role, grant, name_actions

name_actions(approve=_("approve"), review=_("review"))
declare(
    "emergency-access",
    _("Access in an emergency: asked for, approved by two, reviewed."),
    *("read", "create", "approve", "review"),
)

ON_CALL: Final = declare_role("on_call", "On call", "Asks for access in an emergency.")
#: Given for an hour by two approvers; apps above add what of theirs is seen with it.
EMERGENCY: Final = declare_role(
    "emergency", "Access in an emergency", "Sees what the tenant works on, for an hour.", in_person=True
)
grant(ON_CALL, "emergency-access:tenant:create")
grant(EMERGENCY, "users:tenant:read", "roles:tenant:read", "grants:tenant:read", "audit-entries:tenant:read")
