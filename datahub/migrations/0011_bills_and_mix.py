from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("datahub", "0010_downloads")]
    operations = []
