"""The roles that come with the product (SEC-AUTH-002), written into every schema by a migration.

Whoever changes them adds a migration that calls :func:`write_system_roles` again: it is safe to repeat.
"""

from typing import Any

ADMINISTRATOR = "tenant_admin"
PLATFORM_ADMINISTRATOR = "platform_admin"

SYSTEM_ROLES: dict[str, tuple[str, list[str]]] = {
    "tenant_admin": ("Tenant administrator", ["tenant:*:manage", "users:tenant:manage", "models:tenant:*"]),
    "model_analyst": (
        "Model analyst",
        [
            "models:tenant:read",
            "models:tenant:create",
            "models:tenant:update",
            "models:tenant:publish",
            "models:tenant:delete",
            "subjects:tenant:manage",
            "assessments:tenant:create",
            "assessments:tenant:read",
            "assessments:tenant:update",
            "assessments:tenant:score",
            "assessments:own:delete",
            "calculations:tenant:create",
            "campaigns:tenant:manage",
            "stakeholders:tenant:manage",
            "weight-elicitations:tenant:manage",
            "jobs:own:manage",
        ],
    ),
    "answers_auditor": (
        "Auditor of answers",
        ["models:tenant:read", "assessments:tenant:read", "responses:tenant:read"],
    ),
    "stakeholder": ("Stakeholder", ["campaigns:assigned:read", "assessments:assigned:participate"]),
}

#: In the public schema alone: the people who look after the platform.
PLATFORM_ROLES: dict[str, tuple[str, list[str]]] = {
    PLATFORM_ADMINISTRATOR: ("Platform administrator", ["tenant:*:manage"]),
}


def write_system_roles(apps: Any, schema_editor: Any) -> None:
    """Bring the system roles of the schema that is being migrated to what stands here."""
    connection = schema_editor.connection
    roles = SYSTEM_ROLES | (PLATFORM_ROLES if connection.schema_name == "public" else {})
    table = apps.get_model("accounts", "Role").objects.using(connection.alias)
    for code, (name, permissions) in roles.items():
        table.update_or_create(code=code, defaults={"name": name, "permissions": permissions, "is_system": True})
