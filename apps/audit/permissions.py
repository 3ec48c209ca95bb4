"""What can be permitted of the trail."""

from apps.core.rights import declare

declare("audit-entries", "The audit trail.", "read")
