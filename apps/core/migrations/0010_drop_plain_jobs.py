from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("core", "0009_begin_to_encrypt_jobs"), ("keys", "0011_encrypt_jobs")]

    operations = [
        *(migrations.RemoveField("job", name) for name in ("parameters", "result")),
        *(migrations.RenameField("job", f"sealed_{name}", name) for name in ("parameters", "result")),
    ]
