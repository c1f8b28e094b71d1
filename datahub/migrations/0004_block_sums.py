from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('datahub', '0003_run_attempts'),
    ]

    operations: list = []
