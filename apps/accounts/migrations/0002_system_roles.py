"""The system roles as they were first, in every schema. What has become of them since, ``accounts/roles.py`` writes."""

from typing import Any

from django.db import migrations

ROLES = {
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
IN_PUBLIC = {"platform_admin": ("Platform administrator", ["tenant:*:manage"])}


def write_system_roles(apps: Any, schema_editor: Any) -> None:
    connection = schema_editor.connection
    roles = ROLES | (IN_PUBLIC if connection.schema_name == "public" else {})
    table = apps.get_model("accounts", "Role").objects.using(connection.alias)
    for code, (name, permissions) in roles.items():
        table.update_or_create(code=code, defaults={"name": name, "permissions": permissions, "is_system": True})


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RunPython(write_system_roles, migrations.RunPython.noop)]
