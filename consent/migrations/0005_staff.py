from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("consent", "0004_requests")]
    operations = []
