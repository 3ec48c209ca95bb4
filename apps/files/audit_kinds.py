"""What the trail has of files: who kept one, who was refused, who read it, and when it went."""

from apps.audit.kinds import Category, declare

declare("stored_file", Category.DATA, "kept", "refused", "deleted")
