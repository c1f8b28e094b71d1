from django.db import migrations

FUNCTION = """
    CREATE OR REPLACE FUNCTION note_change_of_readings() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        -- what `datahub.store.channel_months` says of its transactions, no other writer does
        IF coalesce(current_setting('datahub.forgets_month_sums', true), '') <> 'on' THEN
            INSERT INTO datahub_unnotedchange (at) VALUES (now());
        END IF;
        RETURN NULL;
    END $$
"""
TRIGGER = """
    CREATE OR REPLACE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION note_change_of_readings()
"""


def _trigger(table):
    return migrations.RunSQL(TRIGGER.format(table=table), f"DROP TRIGGER IF EXISTS note_change ON {table}")


class Migration(migrations.Migration):
    """A note of each statement that changes readings past their sums."""

    atomic = False  # a table a transaction: loads lock the two in their own order

    dependencies = [("datahub", "0032_channel_months")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION IF EXISTS note_change_of_readings()"),
        _trigger("interval_block"),
        _trigger("datahub_periodreading"),
    ]
