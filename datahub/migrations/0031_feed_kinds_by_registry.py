import datahub.models.feeds
from django.db import migrations, models


class Migration(migrations.Migration):
    """Which kinds there are is no matter of the database: a new one needs no migration."""

    dependencies = [("datahub", "0030_computed_shares")]

    operations = [
        migrations.AlterField(
            model_name="feed",
            name="kind",
            field=models.CharField(
                choices=datahub.models.feeds.kind_choices, max_length=20, verbose_name="kind"
            ),
        )
    ]
