
import cdsc_portal.lib.time.clock
import cdsc_portal.lib.db.public_ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_staff"),
    ]

    operations = [
        migrations.CreateModel(
            name="Invitation",
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
                ("email", models.EmailField(max_length=254)),
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
                ("may_share", models.BooleanField(default=False)),
                ("until", models.DateTimeField(blank=True, null=True)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("created", models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False)),
                ("sent", models.DateTimeField(default=cdsc_portal.lib.time.clock.now)),
                ("expires", models.DateTimeField()),
                ("accepted", models.DateTimeField(blank=True, null=True)),
                ("withdrawn", models.DateTimeField(blank=True, null=True)),
                (
                    "billing_account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitations",
                        to="accounts.billingaccount",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitations",
                        to="accounts.customer",
                    ),
                ),
                (
                    "invited_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitations_sent",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-created", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("accepted__isnull", True), ("withdrawn__isnull", True)),
                        fields=("customer", "billing_account", "email"),
                        name="one_open_invitation",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("role", "delegate"), _negated=True),
                            ("until__isnull", False),
                            _connector="OR",
                        ),
                        name="invited_delegate_has_an_end",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RoleEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("email", models.EmailField(blank=True, max_length=254)),
                (
                    "verb",
                    models.CharField(
                        choices=[
                            ("invited", "invited"),
                            ("withdrawn", "invitation withdrawn"),
                            ("joined", "accepted"),
                            ("changed", "changed"),
                            ("ended", "ended by an owner"),
                            ("left", "left"),
                        ],
                        max_length=10,
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
                ("until", models.DateTimeField(blank=True, null=True)),
                ("at", models.DateTimeField(default=cdsc_portal.lib.time.clock.now)),
                (
                    "billing_account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.billingaccount",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="role_events",
                        to="accounts.customer",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="role_events",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-pk"],
                "indexes": [models.Index(fields=["customer", "-at"], name="role_event_of_customer")],
            },
        ),
    ]
