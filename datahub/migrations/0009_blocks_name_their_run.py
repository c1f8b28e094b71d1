import django.db.models.deletion
from django.db import migrations, models

# Checked row by row as blocks come, like the key to the channel; while it is added, blocks can be read but not written.
NAMED = """
    ALTER TABLE interval_block
        ADD CONSTRAINT interval_block_feed_run_id_fkey FOREIGN KEY (feed_run_id) REFERENCES datahub_feedrun (id)
"""
UNNAMED = "ALTER TABLE interval_block DROP CONSTRAINT interval_block_feed_run_id_fkey"


def a_run(model: str, name: str) -> migrations.AlterField:
    """The column names a run that exists."""
    return migrations.AlterField(
        model,
        name,
        models.ForeignKey(
            db_index=False,
            on_delete=django.db.models.deletion.PROTECT,
            related_name="+",
            to="datahub.feedrun",
        ),
    )


class Migration(migrations.Migration):
    dependencies = [("datahub", "0008_history_by_run")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[a_run("intervalblock", "feed_run")],
            database_operations=[migrations.RunSQL(NAMED, UNNAMED)],
        ),
        a_run("intervalblockhistory", "feed_run"),
        a_run("intervalblockhistory", "replaced_by"),
    ]
