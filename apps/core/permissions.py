"""What can be permitted of work in the background."""

from apps.core.rights import declare

declare("jobs", "Long work: how far it is, and ending it.", "read", "cancel")
