from django.db import migrations

import apps.core.fields


class Migration(migrations.Migration):
    """Who was invited before has no name until they give one."""

    dependencies = [("accounts", "0018_let_grants_count_in_person_alone")]

    operations = [
        migrations.AddField(
            "invitation", "name", apps.core.fields.PersonNameField(blank=True, key="key", null=True, pii="name")
        ),
    ]
