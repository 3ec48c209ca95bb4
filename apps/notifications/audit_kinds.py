"""What the trail has of messages."""

from apps.audit.kinds import Category, declare

declare("message", Category.DATA, "cancelled")
