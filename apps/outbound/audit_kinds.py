"""What the trail has of calls to others."""

from apps.audit.kinds import Category, declare

declare("address", Category.AUTHORIZATION, "refused")
declare("destination", Category.ADMINISTRATION, "shut", "opened", "stopped", "released")
