import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import cdsc_portal.lib.time.clock
import cdsc_portal.lib.db.public_ids

# the arguments of the trigger name the columns that may be blanked, for an erasure; nothing else changes, ever
_STAYS = """
    CREATE FUNCTION staff_record_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        erasable text[] := TG_ARGV;
        name text;
    BEGIN
        IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - erasable = to_jsonb(NEW) - erasable THEN
            FOREACH name IN ARRAY erasable LOOP
                IF to_jsonb(NEW) -> name IS DISTINCT FROM to_jsonb(OLD) -> name
                        AND to_jsonb(NEW) -> name NOT IN ('""'::jsonb, '{}'::jsonb) THEN
                    RAISE EXCEPTION '%.% can only be blanked', TG_TABLE_NAME, name USING ERRCODE = 'restrict_violation';
                END IF;
            END LOOP;
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'what staff did stays in %', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$;
    CREATE TRIGGER staff_action_stays BEFORE UPDATE OR DELETE ON accounts_staffaction
        FOR EACH ROW EXECUTE FUNCTION staff_record_stays('personal', 'reason');
    CREATE TRIGGER staff_look_stays BEFORE UPDATE OR DELETE ON accounts_stafflook
        FOR EACH ROW EXECUTE FUNCTION staff_record_stays('reason');
"""
_GOES = """
    DROP TRIGGER staff_look_stays ON accounts_stafflook;
    DROP TRIGGER staff_action_stays ON accounts_staffaction;
    DROP FUNCTION staff_record_stays();
"""


class Migration(migrations.Migration):
    """What staff looked at and did, in tables that are only added to."""

    dependencies = [("accounts", "0006_names")]

    operations = [
        migrations.CreateModel(
            name="StaffAction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=cdsc_portal.lib.time.clock.now)),
                (
                    "verb",
                    models.CharField(
                        choices=[
                            ("add", "added"),
                            ("change", "changed"),
                            ("delete", "deleted"),
                            ("act", "did"),
                            ("look", "looked"),
                            ("export", "took as a file"),
                        ],
                        max_length=10,
                    ),
                ),
                ("model", models.CharField(max_length=60)),
                ("key", models.CharField(blank=True, max_length=40)),
                ("what", models.CharField(blank=True, max_length=200)),
                ("changes", models.JSONField(default=list)),
                ("personal", models.JSONField(default=dict)),
                ("reason", models.TextField(blank=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-pk"],
                "permissions": [
                    ("help_sign_in", "Can correct an address, unlock and invite again"),
                    ("issue_activation_code", "Can issue a code for a first login"),
                    ("export_records", "Can take records as a file"),
                    ("manage_staff", "Can say who is staff and what they may do"),
                ],
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(fields=["-at"], name="staff_action_at"),
                    models.Index(fields=["model", "key", "-at"], name="staff_action_of_object"),
                    models.Index(fields=["by", "-at"], name="staff_action_by"),
                ],
            },
        ),
        migrations.CreateModel(
            name="StaffLook",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "visit",
                    models.CharField(default=cdsc_portal.lib.db.public_ids.new_public_id, editable=False, max_length=20),
                ),
                ("reason", models.CharField(max_length=300)),
                ("at", models.DateTimeField(default=cdsc_portal.lib.time.clock.now)),
                ("ends", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="staff_looks",
                        to="accounts.customer",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="looked_through_by_staff",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-pk"],
                "default_permissions": ("add", "view"),
                "indexes": [
                    models.Index(fields=["customer", "-at"], name="staff_look_of_customer"),
                    models.Index(fields=["visit"], name="staff_look_of_visit"),
                ],
            },
        ),
        migrations.RunSQL(_STAYS, _GOES),
    ]
