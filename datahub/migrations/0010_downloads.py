from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("datahub", "0009_blocks_name_their_run")]
    operations = []
