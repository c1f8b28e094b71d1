import cdsc_portal.lib.db.public_ids
import cdsc_portal.lib.time.clock
import consent.models.oauth
import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Registrations with their objects, steps and reviews; what a credential, a message and a grant say beside."""

    dependencies = [
        ("consent", "0019_delete_former_mail_permissions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
migrations.CreateModel(
            name="Registration",
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
                        verbose_name="public id",
                    ),
                ),
                ("name", models.CharField(max_length=255, verbose_name="name")),
                (
                    "values",
                    models.JSONField(blank=True, default=dict, verbose_name="values of registration fields"),
                ),
                (
                    "flagged",
                    models.BooleanField(
                        db_default=False, default=False, verbose_name="name passes for another"
                    ),
                ),
                (
                    "created",
                    models.DateTimeField(
                        default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name="created"
                    ),
                ),
                (
                    "modified",
                    models.DateTimeField(
                        default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name="modified"
                    ),
                ),
            ],
            options={
                "verbose_name": "third party",
                "verbose_name_plural": "third parties",
                "ordering": ["-created", "-pk"],
            },
        ),
migrations.CreateModel(
            name="RegistrationField",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("field_id", models.SlugField(max_length=60, unique=True, verbose_name="short name")),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("registration_field", "value sent with the registration"),
                            ("internal_review", "review by staff"),
                            ("payment_required", "payment"),
                            ("email_verification", "e-mail address to confirm"),
                            ("sso_verification", "single sign-on to confirm"),
                            ("online_form", "form on the web"),
                            ("pdf_form", "form as PDF"),
                        ],
                        max_length=20,
                        verbose_name="type",
                    ),
                ),
                ("description", models.TextField(max_length=2000, verbose_name="description")),
                ("documentation", models.URLField(blank=True, verbose_name="documentation")),
                (
                    "field_name",
                    models.SlugField(blank=True, max_length=60, verbose_name="member of the request"),
                ),
                (
                    "format",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("string", "text"),
                            ("string_or_null", "text or null"),
                            ("url", "web address"),
                            ("url_or_null", "web address or null"),
                            ("email", "e-mail address"),
                            ("email_or_null", "e-mail address or null"),
                            ("boolean", "true or false"),
                            ("boolean_or_null", "true, false or null"),
                            ("image", "image"),
                            ("image_or_null", "image or null"),
                            ("pdf", "PDF document"),
                            ("pdf_or_null", "PDF document or null"),
                        ],
                        max_length=20,
                        verbose_name="format",
                    ),
                ),
                (
                    "default",
                    models.JSONField(blank=True, null=True, verbose_name="default where it is optional"),
                ),
                (
                    "max_length",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="longest text"),
                ),
                ("max_size", models.PositiveIntegerField(blank=True, null=True, verbose_name="most bytes")),
                (
                    "amount",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=10, null=True, verbose_name="amount"
                    ),
                ),
                ("currency", models.CharField(blank=True, max_length=3, verbose_name="currency")),
                ("start_uri", models.URLField(blank=True, verbose_name="where it begins")),
                (
                    "created",
                    models.DateTimeField(
                        default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name="created"
                    ),
                ),
                (
                    "modified",
                    models.DateTimeField(
                        default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name="modified"
                    ),
                ),
            ],
            options={
                "verbose_name": "registration field",
                "verbose_name_plural": "registration fields",
                "ordering": ["field_id"],
            },
        ),
migrations.CreateModel(
            name="RegistrationFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("mime_type", models.CharField(max_length=60, verbose_name="type")),
                ("digest", models.CharField(editable=False, max_length=64, verbose_name="sha256")),
                ("content", models.BinaryField()),
("field", models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="files",
                to="consent.registrationfield",
                verbose_name="registration field",
            )),
("registration", models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="files",
                to="consent.registration",
                verbose_name="third party",
            )),
],
            options={
                "verbose_name": "file of a registration",
                "verbose_name_plural": "files of registrations",
            },
        ),
migrations.CreateModel(
            name="RegistrationStep",
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
                        verbose_name="public id",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "the third party has to act"),
                            ("pending", "the utility has to act"),
                            ("complete", "complete"),
                            ("rejected", "rejected"),
                        ],
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "created",
                    models.DateTimeField(
                        default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name="created"
                    ),
                ),
                (
                    "modified",
                    models.DateTimeField(
                        default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name="modified"
                    ),
                ),
("field", models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="steps",
                to="consent.registrationfield",
                verbose_name="requirement",
            )),
("message", models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="steps",
                to="consent.message",
            )),
("registration", models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="steps",
                to="consent.registration",
                verbose_name="third party",
            )),
],
            options={
                "verbose_name": "step of a registration",
                "verbose_name_plural": "steps of registrations",
                "ordering": ["registration", "pk"],
            },
        ),
migrations.CreateModel(
            name="Review",
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
                        verbose_name="public id",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("registration", "registration"),
                            ("production_request", "request for production"),
                            ("grant_request", "request for a grant"),
                            ("field_changes", "changes of an object"),
                            ("submission", "submission"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting for staff"),
                            ("approved", "approved"),
                            ("refused", "refused"),
                            ("withdrawn", "replaced by a newer one"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("changes", models.JSONField(blank=True, default=list, verbose_name="changes")),
                (
                    "created",
                    models.DateTimeField(
                        default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name="created"
                    ),
                ),
                ("decided", models.DateTimeField(blank=True, null=True, verbose_name="decided at")),
                ("reason", models.TextField(blank=True, verbose_name="reason as the third party reads it")),
("client", models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="reviews",
                to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
                verbose_name="client",
            )),
("decided_by", models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="decided by",
            )),
("message", models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reviews",
                to="consent.message",
            )),
("registration", models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="reviews",
                to="consent.registration",
                verbose_name="third party",
            )),
],
            options={
                "verbose_name": "review",
                "verbose_name_plural": "reviews",
                "ordering": ["created", "pk"],
            },
        ),
migrations.AlterModelOptions(
            name="credential",
            options={
                "ordering": ["client", "-created", "-pk"],
                "verbose_name": "credential",
                "verbose_name_plural": "credentials",
            },
        ),
migrations.AddField(
            model_name="client",
            name="auth_method",
            field=models.CharField(
                blank=True,
                choices=[("client_secret_basic", "its secret"), ("none", "nothing: it has no secret")],
                db_default="client_secret_basic",
                default="client_secret_basic",
                max_length=30,
                null=True,
                verbose_name="way of authentication",
            ),
        ),
migrations.AddField(
            model_name="client",
            name="contact_addresses",
            field=models.JSONField(
                blank=True,
                db_default=models.Value([], models.JSONField()),
                default=list,
                verbose_name="contacts",
            ),
        ),
migrations.AddField(
            model_name="client",
            name="default_authorization_details",
            field=models.JSONField(
                blank=True,
                db_default=models.Value([], models.JSONField()),
                default=list,
                verbose_name="details of a request without any",
            ),
        ),
migrations.AddField(
            model_name="client",
            name="default_redirect_uri",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                verbose_name="redirect address of a request without one",
            ),
        ),
migrations.AddField(
            model_name="client",
            name="default_scope",
            field=models.TextField(
                blank=True, db_default="", default="", verbose_name="scope of a request without one"
            ),
        ),
migrations.AddField(
            model_name="client",
            name="grant_types",
            field=models.JSONField(
                blank=True,
                db_default=models.Value(["authorization_code", "refresh_token"], models.JSONField()),
                default=consent.models.oauth._code_flow,
                verbose_name="grant types",
            ),
        ),
migrations.AddField(
            model_name="client",
            name="logo_uri",
            field=models.URLField(blank=True, db_default="", default="", verbose_name="logo"),
        ),
migrations.AddField(
            model_name="client",
            name="modified",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                default=cdsc_portal.lib.time.clock.now,
                editable=False,
                verbose_name="modified",
            ),
        ),
migrations.AddField(
            model_name="client",
            name="response_types",
            field=models.JSONField(
                blank=True,
                db_default=models.Value(["code"], models.JSONField()),
                default=consent.models.oauth._code,
                verbose_name="response types",
            ),
        ),
migrations.AddField(
            model_name="client",
            name="status_options",
            field=models.JSONField(
                blank=True,
                db_default=models.Value(["production", "disabled"], models.JSONField()),
                default=consent.models.oauth._production_options,
                verbose_name="what the third party may set",
            ),
        ),
migrations.AddField(
            model_name="credential",
            name="modified",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                default=cdsc_portal.lib.time.clock.now,
                editable=False,
                verbose_name="modified",
            ),
        ),
migrations.AddField(
            model_name="credential",
            name="public_id",
            field=models.CharField(
                db_default=django.db.models.functions.text.MD5(
                    django.db.models.functions.comparison.Cast(
                        django.contrib.postgres.functions.RandomUUID(), models.TextField()
                    )
                ),
                default=cdsc_portal.lib.db.public_ids.new_public_id,
                editable=False,
                max_length=32,
                unique=True,
                verbose_name="public id",
            ),
        ),
migrations.AddField(
            model_name="credential",
            name="sealed",
            field=models.TextField(blank=True, db_default="", default="", editable=False),
        ),
migrations.AddField(
            model_name="grant",
            name="kind",
            field=models.CharField(
                choices=[
                    ("customer", "given by a customer"),
                    ("client", "the client's own, by its credentials"),
                    ("files", "files that the utility provides"),
                ],
                db_default="customer",
                default="customer",
                editable=False,
                max_length=10,
                verbose_name="kind",
            ),
        ),
migrations.AddField(
            model_name="message",
            name="amount",
            field=models.DecimalField(
                blank=True, decimal_places=2, max_digits=10, null=True, verbose_name="amount"
            ),
        ),
migrations.AddField(
            model_name="message",
            name="creator",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
                verbose_name="written by the program of",
            ),
        ),
migrations.AddField(
            model_name="message",
            name="currency",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=3, verbose_name="currency"
            ),
        ),
migrations.AddField(
            model_name="message",
            name="grants_requested",
            field=models.JSONField(blank=True, db_default=models.Value([], models.JSONField()), default=list),
        ),
migrations.AddField(
            model_name="message",
            name="related_type",
            field=models.CharField(blank=True, db_default="", default="", max_length=20),
        ),
migrations.AddField(
            model_name="message",
            name="related_uri",
            field=models.TextField(blank=True, db_default="", default="", verbose_name="about"),
        ),
migrations.AddField(
            model_name="message",
            name="updates_requested",
            field=models.JSONField(blank=True, db_default=models.Value([], models.JSONField()), default=list),
        ),
migrations.AlterField(
            model_name="message",
            name="client",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="messages",
                to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
                verbose_name="client",
            ),
        ),
migrations.AlterField(
            model_name="message",
            name="status",
            field=models.CharField(
                choices=[
                    ("complete", "resolved"),
                    ("open", "the third party has to act"),
                    ("pending", "the utility has to act"),
                    ("rejected", "rejected"),
                    ("errored", "failed at the utility"),
                ],
                max_length=10,
                verbose_name="status",
            ),
        ),
migrations.AlterField(
            model_name="message",
            name="type",
            field=models.CharField(
                choices=[
                    ("notification", "notification"),
                    ("private_message", "message"),
                    ("support_request", "support request"),
                    ("field_changes", "changes of the client"),
                    ("request_update", "answer to a request"),
                    ("client_submission", "submission"),
                    ("production_request", "request for production"),
                    ("grant_request", "request for a grant"),
                    ("server_request", "request of the utility"),
                    ("payment_request", "payment to make"),
                    ("online_form_request", "form to fill in on the web"),
                    ("pdf_form_request", "form to fill in as PDF"),
                ],
                max_length=20,
                verbose_name="type",
            ),
        ),
migrations.AddIndex(
            model_name="grant",
            index=models.Index(condition=models.Q(("kind", "client")), fields=["client"], name="grant_own"),
        ),
migrations.AddField(
            model_name="client",
            name="registration",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="clients",
                to="consent.registration",
                verbose_name="third party",
            ),
        ),
migrations.AddField(
            model_name="clientcontact",
            name="registration",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="contacts",
                to="consent.registration",
                verbose_name="third party",
            ),
        ),
migrations.AddField(
            model_name="message",
            name="registration",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="messages",
                to="consent.registration",
                verbose_name="third party",
            ),
        ),
migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["registration", "-modified"], name="message_of_registration"),
        ),
migrations.AddConstraint(
            model_name="registrationfield",
            constraint=models.UniqueConstraint(
                condition=models.Q(("field_name", ""), _negated=True),
                fields=("field_name",),
                name="member_of_one_registration_field",
            ),
        ),
migrations.AddConstraint(
            model_name="registrationfile",
            constraint=models.UniqueConstraint(
                fields=("registration", "field"), name="one_file_of_a_registration_field"
            ),
        ),
migrations.AddConstraint(
            model_name="registrationstep",
            constraint=models.UniqueConstraint(
                fields=("registration", "field"), name="step_once_of_a_registration"
            ),
        ),
migrations.AddIndex(
            model_name="review",
            index=models.Index(
                condition=models.Q(("status", "waiting")), fields=["created"], name="review_waiting"
            ),
        ),
]
