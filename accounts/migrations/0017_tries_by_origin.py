from django.db import migrations, models


class Migration(migrations.Migration):
    """Tries count by where they come from; what belongs to one login is found together."""

    dependencies = [("accounts", "0016_new_roles_wait")]

    operations = [
        migrations.AddField(
            model_name="signinattempts",
            name="subject",
            field=models.CharField(db_default="", db_index=True, default="", max_length=64),
        ),
        migrations.AddField(
            model_name="signinattempts",
            name="allowed",
            field=models.PositiveIntegerField(db_default=5, default=5),
        ),
        migrations.AddField(
            model_name="signinattempts",
            name="seconds",
            field=models.PositiveIntegerField(db_default=300, default=300),
        ),
    ]
