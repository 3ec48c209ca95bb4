"""What can be permitted of files."""

from apps.core.rights import declare

declare("files", "Files that are kept.", "read", "create", "delete")
