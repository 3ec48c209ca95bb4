"""What can be permitted of models and what is made of them, and the roles of those who work with them."""

from django.utils.translation import gettext_noop as _

from apps.accounts.permissions import ADMINISTRATOR
from apps.core.rights import declare, declare_role, declare_scope, grant, name_actions
from apps.emergency.permissions import EMERGENCY

name_actions(publish=_("publish"), retire=_("retire"), score=_("score"), participate=_("answer"))
declare(
    "models",
    _("Resilience models and their versions."),
    *("read", "create", "update", "delete", "publish", "retire"),
    model="resilience.ResilienceModel",
)
declare("subjects", _("What is assessed."), "read", "create", "update", "delete", model="resilience.Subject")
declare(
    "assessments",
    _("Assessments with their scores and reference sets."),
    *("read", "create", "update", "delete", "score", "participate"),
    model="resilience.Assessment",
)
declare("responses", _("Single answers where they are confidential."), "read", sensitive=("read",))
declare("calculations", _("Calculations that store nothing."), "create")
declare_scope("model", _("one resilience model, and what is made of it"), of_one="resilience.ResilienceModel")

ANALYST = declare_role("model_analyst", "Model analyst", "Builds models, runs campaigns, scores.")
AUDITOR = declare_role("answers_auditor", "Auditor of answers", "Reads single answers of confidential campaigns.")
grant(ADMINISTRATOR, "models:tenant:*")
grant(
    ANALYST,
    *(f"models:tenant:{action}" for action in ("read", "create", "update", "publish", "delete")),
    "subjects:tenant:manage",
    *(f"assessments:tenant:{action}" for action in ("create", "read", "update", "score")),
    "assessments:own:delete",
    "calculations:tenant:create",
    "jobs:own:manage",
)
grant(EMERGENCY, "models:tenant:read", "subjects:tenant:read", "assessments:tenant:read")
grant(AUDITOR, "models:tenant:read", "assessments:tenant:read", "responses:tenant:read")
