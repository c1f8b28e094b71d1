
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('datahub', '0007_feed_mapping'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='intervalblockhistory',
            index=models.Index(fields=['replaced_by'], name='history_by_run'),
        ),
        migrations.AddIndex(
            model_name='periodreadinghistory',
            index=models.Index(fields=['replaced_by'], name='period_history_by_run'),
        ),
    ]
