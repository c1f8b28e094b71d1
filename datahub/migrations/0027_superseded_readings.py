from django.db import migrations


class Migration(migrations.Migration):
    """A word of the field. Before the first release only: nothing older serves."""

    dependencies = [("datahub", "0026_names_for_staff")]

    operations = [migrations.RenameField("FeedRun", "kept_out", "superseded")]
