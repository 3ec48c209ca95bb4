"""What can be permitted of settings."""

from apps.core.rights import declare

declare("settings", "Settings of the tenant.", "read", "update")
