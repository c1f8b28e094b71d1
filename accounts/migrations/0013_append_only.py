import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from cdsc_portal.lib.db.append_only import (
    CREATE_APPEND_ONLY,
    DROP_APPEND_ONLY,
    AppendOnly,
    ErasureFunction,
    RetentionFunction,
)

# the triggers of 0007, which this migration replaces
_DROP_FORMER = """
    DROP TRIGGER staff_look_stays ON accounts_stafflook;
    DROP TRIGGER staff_action_stays ON accounts_staffaction;
    DROP FUNCTION staff_record_stays();
"""
_CREATE_FORMER = """
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


def _kept(model: str, field: str, to: str, related_name: str, *, blank: bool = False) -> migrations.AlterField:
    """The same column; what it names is not deleted under it."""
    return migrations.AlterField(
        model,
        field,
        models.ForeignKey(
            to, on_delete=django.db.models.deletion.PROTECT, null=True, blank=blank, related_name=related_name
        ),
    )


class Migration(migrations.Migration):
    """What staff did and looked at, what became of roles, and how links changed: only added to."""

    dependencies = [("accounts", "0012_invitations_sent_again")]

    operations = [
        migrations.RunSQL(_DROP_FORMER, _CREATE_FORMER),
        migrations.RunSQL(CREATE_APPEND_ONLY, DROP_APPEND_ONLY),
        AppendOnly("accounts_staffaction", since="at", erased=("personal", "reason")),
        AppendOnly("accounts_stafflook", since="at", erased=("reason",)),
        AppendOnly("accounts_roleevent", since="at", erased=("email", "by_id")),
        AppendOnly("accounts_linkchange", since="at", erased=("by_id",)),
        ErasureFunction("staff_actions", table="accounts_staffaction", blanks={"personal": "'{}'", "reason": "''"}),
        ErasureFunction("staff_looks", table="accounts_stafflook", blanks={"reason": "''"}),
        ErasureFunction("role_events", table="accounts_roleevent", blanks={"email": "''", "by_id": "NULL"}),
        ErasureFunction("link_changes", table="accounts_linkchange", blanks={"by_id": "NULL"}),
        RetentionFunction("staff_actions", table="accounts_staffaction", since="at"),
        RetentionFunction("staff_looks", table="accounts_stafflook", since="at"),
        RetentionFunction("role_events", table="accounts_roleevent", since="at"),
        RetentionFunction("link_changes", table="accounts_linkchange", since="at"),
        migrations.AlterField(
            "roleevent",
            "customer",
            models.ForeignKey(
                "accounts.customer", on_delete=django.db.models.deletion.PROTECT, related_name="role_events"
            ),
        ),
        _kept("roleevent", "billing_account", "accounts.billingaccount", "+", blank=True),
        _kept("roleevent", "user", settings.AUTH_USER_MODEL, "role_events", blank=True),
        _kept("roleevent", "by", settings.AUTH_USER_MODEL, "+", blank=True),
        _kept("linkchange", "contract", "accounts.servicecontract", "+"),
        _kept("linkchange", "meter", "accounts.meterdevice", "+"),
        _kept("linkchange", "service_point", "accounts.servicepoint", "+"),
        _kept("linkchange", "by", settings.AUTH_USER_MODEL, "+"),
    ]
