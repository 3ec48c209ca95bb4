from django.db import migrations

import apps.core.fields


class Migration(migrations.Migration):
    """People of before have none."""

    dependencies = [("accounts", "0019_name_who_is_invited")]

    operations = [
        migrations.AddField(
            model, "attributes", apps.core.fields.SubjectJSONField(blank=True, key="key", null=True, pii="profile")
        )
        for model in ("user", "invitation")
    ]
