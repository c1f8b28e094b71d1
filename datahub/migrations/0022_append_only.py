from django.db import migrations

from cdsc_portal.lib.db.append_only import AppendOnly, RetentionFunction


class Migration(migrations.Migration):
    """What left without a grant: only added to."""

    dependencies = [("datahub", "0021_readings_last_local_days"), ("accounts", "0013_append_only")]

    operations = [
        AppendOnly("datahub_openrelease", since="released_at"),
        RetentionFunction("open_releases", table="datahub_openrelease", since="released_at"),
    ]
