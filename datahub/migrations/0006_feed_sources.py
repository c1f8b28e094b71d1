from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('datahub', '0005_runs_that_survive'),
    ]

    operations: list = []
