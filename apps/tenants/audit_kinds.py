"""What the trail has of tenants."""

from apps.audit.kinds import Category, declare

declare("tenant", Category.ADMINISTRATION, "created", "suspended", "resumed", "migrated")
