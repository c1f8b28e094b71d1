from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('datahub', '0004_block_sums'),
    ]

    operations: list = []
