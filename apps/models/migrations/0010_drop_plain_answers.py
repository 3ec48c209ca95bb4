from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("resilience", "0009_encrypt_answers")]

    operations = [migrations.DeleteModel("Answer")]
