from django.conf import settings
from django.db import migrations


class Migration(migrations.Migration):
    """Nothing: it once gave models and fields the names that staff read, which no migration holds any more."""

    dependencies = [
        ('accounts', '0021_names_for_staff'),
        ('datahub', '0025_names_on_one_line'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(settings.OAUTH2_PROVIDER_APPLICATION_MODEL),
    ]

    operations = []
