from django.db import migrations


class Migration(migrations.Migration):
    """Nothing: it once gave models and fields the names that staff read, which no migration holds any more."""

    dependencies = [
        ('accounts', '0020_test_customers'),
    ]

    operations = []
