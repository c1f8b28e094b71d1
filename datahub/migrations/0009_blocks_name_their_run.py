from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("datahub", "0008_history_by_run")]
    operations = []
