from django.db import migrations

from cdsc_portal.lib.db.months import CREATE_MONTHS, DROP_MONTHS


class Migration(migrations.Migration):
    """What makes the months of partitioned tables; the apps above partition theirs by it."""

    dependencies = [("accounts", "0033_forget_the_former_queue")]

    operations = [migrations.RunSQL(CREATE_MONTHS, DROP_MONTHS)]
