import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import cdsc_portal.lib.time.clock
import cdsc_portal.lib.db.public_ids


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_link_changes"),
        ("datahub", "0009_blocks_name_their_run"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Download",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.CharField(
                        default=cdsc_portal.lib.db.public_ids.new_public_id,
                        editable=False,
                        max_length=20,
                        unique=True,
                    ),
                ),
                ("form", models.CharField(max_length=4)),
                ("start", models.DateField()),
                ("end", models.DateField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "waits for a worker"),
                            ("running", "is being written"),
                            ("ready", "can be fetched"),
                            ("failed", "could not be written"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                (
                    "problem",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("no_space", "the disk is full"),
                            ("no_access", "a role ended while it was written"),
                            ("unexpected", "see the log"),
                        ],
                        max_length=20,
                    ),
                ),
                ("done", models.BigIntegerField(default=0)),
                ("total", models.BigIntegerField()),
                ("file", models.CharField(blank=True, max_length=100)),
                ("size", models.BigIntegerField(null=True, verbose_name="bytes")),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                (
                    "created",
                    models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False),
                ),
                (
                    "heartbeat",
                    models.DateTimeField(
                        default=cdsc_portal.lib.time.clock.now, verbose_name="last sign of its worker"
                    ),
                ),
                ("expires", models.DateTimeField(null=True)),
                ("contracts", models.ManyToManyField(related_name="+", to="accounts.servicecontract")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="downloads",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-created", "pk"],
                "indexes": [models.Index(fields=["user", "-created"], name="downloads_of_user")],
            },
        ),
    ]
