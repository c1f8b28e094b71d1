import cdsc_portal.lib.time.clock
import cdsc_portal.lib.db.public_ids
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Consents by phone and paper, with a second person; scopes switched off and limited by staff."""

    dependencies = [
        ("consent", "0004_requests"),
        ("accounts", "0007_staff"),
    ]

    operations = [
        migrations.CreateModel(
            name="RecordedConsent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "reference",
                    models.CharField(
                        default=cdsc_portal.lib.db.public_ids.new_reference,
                        editable=False,
                        max_length=12,
                        unique=True,
                    ),
                ),
                ("details", models.JSONField()),
                ("digest", models.CharField(max_length=200)),
                ("wording", models.JSONField(default=list)),
                ("language", models.CharField(max_length=5)),
                (
                    "how",
                    models.CharField(choices=[("phone", "by phone"), ("paper", "on paper")], max_length=10),
                ),
                ("given_at", models.DateTimeField()),
                ("proof_file", models.FileField(blank=True, upload_to="recorded/%Y/%m")),
                ("proof_reference", models.CharField(blank=True, max_length=200)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "waits for a second person"),
                            ("confirmed", "confirmed, grant made"),
                            ("refused", "refused"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("recorded_at", models.DateTimeField(default=cdsc_portal.lib.time.clock.now)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("refusal", models.CharField(blank=True, max_length=300)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="recorded_consents",
                        to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "grant",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="recorded",
                        to="consent.grant",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="recorded_consents",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-recorded_at", "-pk"],
                "permissions": [("confirm_recordedconsent", "Can confirm what another of staff recorded")],
                "default_permissions": ("add", "view"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "confirmed"), _negated=True),
                            models.Q(
                                ("decided_by__isnull", False),
                                models.Q(("decided_by", models.F("recorded_by")), _negated=True),
                                ("grant__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="recorded_is_confirmed_by_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("proof_file", ""), _negated=True),
                            models.Q(("proof_reference", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="recorded_has_a_proof",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ScopeSetting",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("scope", models.CharField(max_length=60)),
                ("is_open", models.BooleanField(default=True, verbose_name="may be asked for")),
                (
                    "days_back",
                    models.PositiveIntegerField(
                        blank=True,
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(3660)],
                        verbose_name="days back at most",
                    ),
                ),
                (
                    "days_ahead",
                    models.PositiveIntegerField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(3660),
                        ],
                        verbose_name="days ahead at most",
                    ),
                ),
                ("modified", models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False)),
                (
                    "client",
                    models.ForeignKey(
                        blank=True,
                        help_text="empty: for every third party",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="scope_settings",
                        to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["scope", "client"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("scope", "client"), name="scope_set_once_for_each", nulls_distinct=False
                    )
                ],
            },
        ),
    ]
