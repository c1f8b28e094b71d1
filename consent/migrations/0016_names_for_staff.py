from django.conf import settings
from django.db import migrations


class Migration(migrations.Migration):
    """Nothing: it once gave models and fields the names that staff read, which no migration holds any more."""

    dependencies = [
        ('accounts', '0021_names_for_staff'),
        ('consent', '0015_superseded_requests'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = []
