from django.db import migrations

from cdsc_portal.lib.db.months import OWN_MONTHS


class Migration(migrations.Migration):
    """A month belongs to its table's owner, whoever makes it."""

    dependencies = [("accounts", "0035_closed_matters")]

    operations = [migrations.RunSQL(OWN_MONTHS, migrations.RunSQL.noop)]
