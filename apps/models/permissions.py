"""What can be permitted of models and what is made of them, and the roles of those who work with them."""

from apps.accounts.permissions import ADMINISTRATOR
from apps.core.rights import declare, declare_role, declare_scope, grant

declare(
    "models",
    "Resilience models and their versions.",
    *("read", "create", "update", "delete", "publish", "retire"),
    model="resilience.ResilienceModel",
)
declare("subjects", "What is assessed.", "read", "create", "update", "delete", model="resilience.Subject")
declare(
    "assessments",
    "Assessments with their scores and reference sets.",
    *("read", "create", "update", "delete", "score", "participate"),
    model="resilience.Assessment",
)
declare("responses", "Single answers where they are confidential.", "read")
declare("calculations", "Calculations that store nothing.", "create")
declare_scope("model", "one resilience model, and what is made of it", of_one_object=True)

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
grant(AUDITOR, "models:tenant:read", "assessments:tenant:read", "responses:tenant:read")
