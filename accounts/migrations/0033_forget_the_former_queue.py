from django.db import migrations

# Beat keeps its entries in the database: that of a queue that is gone would go on to send, and nobody would take it.
_FORGET = "DELETE FROM django_celery_beat_periodictask WHERE name = 'sign of the worker of celery'"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0032_first_account_holders"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [migrations.RunSQL(_FORGET, migrations.RunSQL.noop)]
