from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('datahub', '0006_feed_sources'),
    ]

    operations = [
        migrations.AddField(
            model_name='feed',
            name='mapping',
            field=models.JSONField(blank=True, db_default=models.Value({}, models.JSONField()), default=dict, verbose_name='how a CSV is laid out'),
        ),
    ]
