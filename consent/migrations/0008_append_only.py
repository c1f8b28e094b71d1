import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from cdsc_portal.lib.db.append_only import AppendOnly, ErasureFunction, RetentionFunction

# the contracts of a disclosure stay as long as the disclosure
_CONTRACTS_STAY = """
    CREATE FUNCTION disclosure_contract_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM consent_disclosure
                   WHERE id = OLD.disclosure_id AND may_be_deleted(released_at) IS NOT TRUE) THEN
            RAISE EXCEPTION 'disclosure % must be kept', OLD.disclosure_id USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END $$;
    CREATE TRIGGER disclosure_contract_stays BEFORE DELETE ON consent_disclosure_contracts
        FOR EACH ROW EXECUTE FUNCTION disclosure_contract_stays();
"""
_CONTRACTS_GO = """
    DROP TRIGGER disclosure_contract_stays ON consent_disclosure_contracts;
    DROP FUNCTION disclosure_contract_stays();
"""

# receipts and events are kept until ten years after the end of their grant
_HISTORY_STAYS = """
    CREATE FUNCTION grant_history_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM consent_grant
                   WHERE id = OLD.grant_id AND status NOT IN ('revoked', 'closed', 'expired', 'disabled'))
                OR EXISTS (SELECT FROM consent_grantevent
                           WHERE grant_id = OLD.grant_id AND may_be_deleted(at) IS NOT TRUE) THEN
            RAISE EXCEPTION 'the history of grant % must be kept', OLD.grant_id USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END $$;
    CREATE TRIGGER grant_history_stays BEFORE DELETE ON consent_receipt
        FOR EACH ROW EXECUTE FUNCTION grant_history_stays();
    CREATE TRIGGER grant_history_stays BEFORE DELETE ON consent_grantevent
        FOR EACH ROW EXECUTE FUNCTION grant_history_stays();

    CREATE FUNCTION delete_grant_history(grants bigint[]) RETURNS bigint LANGUAGE plpgsql AS $$
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
_HISTORY_GOES = """
    DROP FUNCTION delete_grant_history(bigint[]);
    DROP TRIGGER grant_history_stays ON consent_grantevent;
    DROP TRIGGER grant_history_stays ON consent_receipt;
    DROP FUNCTION grant_history_stays();
"""

_SUPERSEDE = """
    CREATE FUNCTION supersede_receipt(former bigint, newer bigint) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM set_config('append_only.exception', 'set_once', true);
        UPDATE consent_receipt SET superseded_by_id = newer
            WHERE id = former AND id < newer
            AND grant_id = (SELECT grant_id FROM consent_receipt WHERE id = newer);
        IF NOT FOUND THEN
            RAISE EXCEPTION 'receipt % is no later one of the same grant as %', newer, former
                USING ERRCODE = 'restrict_violation';
        END IF;
        PERFORM set_config('append_only.exception', '', true);
    END $$;
"""


class Migration(migrations.Migration):
    """Disclosures, receipts and the history of grants: only added to."""

    dependencies = [("consent", "0007_redirect_uri_sent"), ("accounts", "0013_append_only")]

    operations = [
        AppendOnly("consent_disclosure", since="released_at", erased=("address",)),
        AppendOnly("consent_disclosure_contracts"),
        AppendOnly("consent_grantevent", erased=("by_id", "reason", "public_reason")),
        AppendOnly("consent_receipt", once="superseded_by_id", erased=("personal",)),
        migrations.RunSQL(_CONTRACTS_STAY, _CONTRACTS_GO),
        migrations.RunSQL(_HISTORY_STAYS, _HISTORY_GOES),
        migrations.RunSQL(_SUPERSEDE, "DROP FUNCTION supersede_receipt(bigint, bigint);"),
        ErasureFunction("disclosures", table="consent_disclosure", blanks={"address": "NULL"}),
        ErasureFunction(
            "grant_events",
            table="consent_grantevent",
            blanks={"by_id": "NULL", "reason": "''", "public_reason": "''"},
        ),
        ErasureFunction("receipts", table="consent_receipt", blanks={"personal": "'{}'"}),
        RetentionFunction(
            "disclosures",
            table="consent_disclosure",
            since="released_at",
            joined=("consent_disclosure_contracts", "disclosure_id"),
        ),
        migrations.AlterField(
            "grantevent",
            "grant",
            models.ForeignKey(
                "consent.grant", on_delete=django.db.models.deletion.PROTECT, related_name="events"
            ),
        ),
        migrations.AlterField(
            "grantevent",
            "by",
            models.ForeignKey(
                settings.AUTH_USER_MODEL,
                on_delete=django.db.models.deletion.PROTECT,
                null=True,
                related_name="+",
            ),
        ),
        migrations.AlterField(
            "receipt",
            "grant",
            models.ForeignKey(
                "consent.grant", on_delete=django.db.models.deletion.PROTECT, related_name="receipts"
            ),
        ),
        migrations.AlterField(
            "receipt",
            "superseded_by",
            models.OneToOneField(
                "consent.receipt",
                on_delete=django.db.models.deletion.PROTECT,
                null=True,
                blank=True,
                related_name="supersedes",
            ),
        ),
    ]
