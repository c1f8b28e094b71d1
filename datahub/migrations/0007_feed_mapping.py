from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('datahub', '0006_feed_sources'),
    ]

    operations: list = []
