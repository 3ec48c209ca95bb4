"""What the trail has of models and what is made of them."""

from apps.audit.kinds import Category, declare

declare("model", Category.DATA, "renamed", "deleted")
declare(
    "version",
    Category.DATA,
    *("imported", "published", "retired", "vector_recorded", "verification_failed"),
)
declare("import", Category.DATA, "applied", "undone")
declare("subject", Category.DATA, "created", "changed", "deleted")
declare(
    "assessment",
    Category.DATA,
    *("created", "imported", "values_set", "submitted", "locked", "deleted"),
)
declare("response", Category.DATA, "created", "answered")
declare("reference_set", Category.DATA, "frozen")
declare("score", Category.DATA, "calculated")
declare("job", Category.DATA, "cancelled")
