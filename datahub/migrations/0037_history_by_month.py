from django.db import migrations, models

_MOVE = """
    ALTER TABLE interval_block_history RENAME TO interval_block_history_former;
    CREATE SEQUENCE interval_block_history_key;
    CREATE TABLE interval_block_history (LIKE interval_block_history_former) PARTITION BY RANGE (day);
    ALTER TABLE interval_block_history ALTER COLUMN id SET DEFAULT nextval('interval_block_history_key');
    ALTER SEQUENCE interval_block_history_key OWNED BY interval_block_history.id;
    CREATE TABLE interval_block_history_default PARTITION OF interval_block_history DEFAULT;
    SELECT make_month('interval_block_history', first) FROM months_of('interval_block');
    INSERT INTO interval_block_history SELECT * FROM interval_block_history_former ORDER BY id;
    SELECT setval('interval_block_history_key', greatest(max(id), 1), max(id) IS NOT NULL) FROM interval_block_history;
    DROP TABLE interval_block_history_former;
    ALTER TABLE interval_block_history
        ADD PRIMARY KEY (id, day),
        ADD FOREIGN KEY (channel_id) REFERENCES datahub_channel (id),
        ADD FOREIGN KEY (feed_run_id) REFERENCES datahub_feedrun (id),
        ADD FOREIGN KEY (replaced_by_id) REFERENCES datahub_feedrun (id);
    CREATE INDEX history_of_block ON interval_block_history (channel_id, day);
    CREATE INDEX history_by_run ON interval_block_history (replaced_by_id);
"""


class Migration(migrations.Migration):
    """The history of blocks lies in months of the day that it is of, and goes with the blocks of that month.

    Before the first release nothing else serves beside it; Django knows the table as it was.
    """

    dependencies = [("datahub", "0036_production"), ("accounts", "0034_monthly_partitions")]

    operations = [
        migrations.RunSQL(_MOVE, migrations.RunSQL.noop),
        migrations.AddField(
            "partitionrecord",
            "archive",
            models.CharField(
                blank=True, db_default="", default="", max_length=200, verbose_name="manifest of its archive"
            ),
        ),
        migrations.AddField(
            "partitionrecord", "dropped", models.DateTimeField(null=True, verbose_name="dropped")
        ),
    ]
