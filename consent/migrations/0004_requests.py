from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("consent", "0003_sharing")]
    operations = []
