import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("datahub", "0017_open_releases")]
    operations = [
        migrations.AddField(
            model_name="changeduse",
            name="channels",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), null=True, size=None
            ),
        ),
    ]
