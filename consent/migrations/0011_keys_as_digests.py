import cdsc_portal.lib.time.clock
import django.db.models.deletion
from django.db import migrations, models

_DELETE_HISTORY = """
    CREATE OR REPLACE FUNCTION delete_grant_history(grants bigint[]) RETURNS bigint LANGUAGE plpgsql AS $$
    DECLARE
        receipts bigint;
        events bigint;
    BEGIN
        PERFORM set_config('append_only.exception', 'retention', true);
        DELETE FROM consent_receiptaddress
            WHERE receipt_id IN (SELECT id FROM consent_receipt WHERE grant_id = ANY(grants));
        DELETE FROM consent_receipt WHERE grant_id = ANY(grants);
        GET DIAGNOSTICS receipts = ROW_COUNT;
        DELETE FROM consent_grantevent WHERE grant_id = ANY(grants);
        GET DIAGNOSTICS events = ROW_COUNT;
        PERFORM set_config('append_only.exception', '', true);
        RETURN receipts + events;
    END $$;
"""
_DELETE_HISTORY_BEFORE = """
    CREATE OR REPLACE FUNCTION delete_grant_history(grants bigint[]) RETURNS bigint LANGUAGE plpgsql AS $$
    DECLARE
        receipts bigint;
        events bigint;
    BEGIN
        PERFORM set_config('append_only.exception', 'retention', true);
        DELETE FROM consent_receipt WHERE grant_id = ANY(grants);
        GET DIAGNOSTICS receipts = ROW_COUNT;
        DELETE FROM consent_grantevent WHERE grant_id = ANY(grants);
        GET DIAGNOSTICS events = ROW_COUNT;
        PERFORM set_config('append_only.exception', '', true);
        RETURN receipts + events;
    END $$;
"""


class Migration(migrations.Migration):
    """Room for the digests of keys in addresses: several of a receipt, one of a request."""

    dependencies = [("consent", "0010_credentials")]

    operations = [
        migrations.AddField(
            "consentrequest",
            "key_digest",
            models.CharField(editable=False, max_length=64, null=True, unique=True),
        ),
        migrations.AlterField(
            "consentrequest", "key", models.CharField(editable=False, max_length=64, null=True, unique=True)
        ),
        migrations.AlterField(
            "receipt", "key", models.CharField(editable=False, max_length=64, null=True, unique=True)
        ),
        migrations.CreateModel(
            "ReceiptAddress",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                ("created", models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False)),
                (
                    "receipt",
                    models.ForeignKey(
                        "consent.receipt",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="addresses",
                    ),
                ),
            ],
        ),
        migrations.RunSQL(_DELETE_HISTORY, _DELETE_HISTORY_BEFORE),
    ]
