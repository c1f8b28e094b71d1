from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # shares are served meanwhile
    dependencies = [("datahub", "0019_shares_by_region")]
    operations = [
        AddIndexConcurrently(
            model_name="mixshare",
            index=models.Index(fields=["series", "key", "region", "synced"], name="newest_share"),
        ),
    ]
