"""What sign-in remembers, and what a person chooses in the settings."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import cdsc_portal.lib.time.clock


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_link_changes")]
    operations = [
        migrations.CreateModel(
            name="SignInAttempts",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("count", models.PositiveIntegerField(default=0)),
                ("since", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="SignInMail",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        primary_key=True, serialize=False, auto_created=True, verbose_name="ID"
                    ),
                ),
                ("to", models.EmailField(max_length=254)),
                ("sealed", models.TextField()),
                ("created", models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False)),
                ("next_attempt", models.DateTimeField(db_index=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.AddField(
            "user", "session_round", models.PositiveIntegerField(db_default=0, default=0, editable=False)
        ),
        migrations.AddField(
            "user",
            "theme",
            models.CharField(
                blank=True,
                choices=[("light", "Light"), ("dark", "Dark")],
                db_default="",
                default="",
                max_length=5,
            ),
        ),
        migrations.AddField(
            "user",
            "yearly_summary",
            models.BooleanField(db_default=True, default=True, verbose_name="gets the yearly summary"),
        ),
        migrations.CreateModel(
            name="ActivationCode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        primary_key=True, serialize=False, auto_created=True, verbose_name="ID"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("owner", "owner: sees and shares"),
                            ("viewer", "viewer: sees"),
                            ("delegate", "delegate: sees and, where allowed, shares, until a date"),
                        ],
                        max_length=10,
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
                ("created", models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False)),
                ("until", models.DateTimeField()),
                ("used_at", models.DateTimeField(blank=True, null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="activation_codes",
                        to="accounts.customer",
                    ),
                ),
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
                    "used_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("role", "delegate"), _negated=True),
                        name="no_activation_of_a_delegate",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("used_at", None)),
                        fields=("customer", "role"),
                        name="one_open_activation_code",
                    ),
                ],
            },
        ),
    ]
