"""What the trail has of models and what is made of them."""

from django.utils.translation import gettext_noop as _

from apps.audit.kinds import Category, declare

declare("model", Category.DATA, "renamed", "deleted", name=_("Model"))
declare(
    "version",
    Category.DATA,
    *("imported", "published", "retired", "vector_recorded", "verification_failed"),
    name=_("Version"),
)
declare("import", Category.DATA, "applied", "undone", name=_("Import"))
declare("subject", Category.DATA, "created", "changed", "deleted", name=_("Subject"))
declare(
    "assessment",
    Category.DATA,
    *("created", "imported", "values_set", "submitted", "locked", "deleted"),
    name=_("Assessment"),
)
declare("response", Category.DATA, "created", "answered", name=_("Answer"))
declare("reference_set", Category.DATA, "frozen", name=_("Reference set"))
declare("score", Category.DATA, "calculated", name=_("Score"))
declare("job", Category.DATA, "cancelled", name=_("Job"))
