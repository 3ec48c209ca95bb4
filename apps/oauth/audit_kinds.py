"""What the trail has of applications, and of what people let them do."""

from apps.audit.kinds import Category, declare

declare("application", Category.ADMINISTRATION, "registered", "changed", "secret_replaced", "retired")
declare("authorization", Category.AUTHENTICATION, "granted", "ended", "refused")
declare("signing_key", Category.ADMINISTRATION, "rotated")
