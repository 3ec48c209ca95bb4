"""What can be permitted of messages."""

from apps.core.rights import declare

declare("messages", "Messages that were sent, or wait to be.", "read")
