import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import cdsc_portal.lib.time.clock


class Migration(migrations.Migration):
    """Links with which staff set up their first second step."""

    dependencies = [("accounts", "0017_tries_by_origin")]

    operations = [
        migrations.CreateModel(
            name="SecondStepLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(db_index=True, max_length=64)),
                ("created", models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False)),
                ("until", models.DateTimeField()),
                ("used_at", models.DateTimeField(blank=True, null=True)),
                (
                    "issued_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(used_at=None), fields=("user",), name="one_open_second_step_link"
                    )
                ],
            },
        ),
    ]
