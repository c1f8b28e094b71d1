from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # amounts are loaded meanwhile
    dependencies = [("datahub", "0015_changed_use")]
    operations = [
        AddIndexConcurrently(
            model_name="mixamount",
            index=models.Index(
                condition=models.Q(("seconds__gt", 3600)), fields=["region", "start"], name="long_amount"
            ),
        ),
    ]
