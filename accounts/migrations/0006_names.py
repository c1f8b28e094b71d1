import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """What customers call their meters."""

    dependencies = [("accounts", "0005_sign_in")]

    operations = [
        migrations.CreateModel(
            name="MeterName",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=150)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="meter_names",
                        to="accounts.customer",
                    ),
                ),
                (
                    "meter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="names",
                        to="accounts.meterdevice",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("customer", "meter"), name="one_name_of_a_meter")
                ],
            },
        ),
    ]
