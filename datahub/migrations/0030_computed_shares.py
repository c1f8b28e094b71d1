from django.db import migrations, models


class Migration(migrations.Migration):
    """A word of the field. Before the first release only: nothing older serves."""

    dependencies = [("datahub", "0029_pack_the_mix")]

    operations = [
        migrations.RenameField("MixShare", "worked_out", "computed"),
        migrations.RenameField("MixShareHistory", "worked_out", "computed"),
        migrations.RenameField("MixBlock", "worked_out", "computed"),
        migrations.RenameField("MixDay", "worked_out", "computed"),
    ]
