from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

# The unique key anew, with the region before the time: a tariff is sold in many regions, and one is asked for. Made
# beside the old one, so that shares are read and written meanwhile.
BY_REGION = """CREATE UNIQUE INDEX CONCURRENTLY one_share_of_a_source ON datahub_mixshare
    (series, key, region, start, source, contract_id) NULLS NOT DISTINCT"""
BY_TIME = """CREATE UNIQUE INDEX CONCURRENTLY one_share_of_a_source_somewhere ON datahub_mixshare
    (series, key, start, source, region, contract_id) NULLS NOT DISTINCT"""


def swapped(new: str, statement: str, old: str) -> list[str]:
    """Repeatable where it ended halfway."""
    return [
        f"ALTER TABLE datahub_mixshare DROP CONSTRAINT IF EXISTS {new}",
        f"DROP INDEX CONCURRENTLY IF EXISTS {new}",
        statement,
        f"ALTER TABLE datahub_mixshare ADD CONSTRAINT {new} UNIQUE USING INDEX {new}",
        f"ALTER TABLE datahub_mixshare DROP CONSTRAINT IF EXISTS {old}",
    ]


class Migration(migrations.Migration):
    atomic = False  # shares are served meanwhile
    dependencies = [("datahub", "0018_channels_of_changed_use")]
    operations = [
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS share_of_region", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="mixshare",
            index=models.Index(
                condition=models.Q(("region", ""), _negated=True), fields=["region", "start"], name="share_of_region"
            ),
        ),
        migrations.RunSQL(
            swapped("one_share_of_a_source", BY_REGION, "one_share_of_a_source_somewhere"),
            swapped("one_share_of_a_source_somewhere", BY_TIME, "one_share_of_a_source"),
            state_operations=[
                migrations.RemoveConstraint(model_name="mixshare", name="one_share_of_a_source_somewhere"),
                migrations.AddConstraint(
                    model_name="mixshare",
                    constraint=models.UniqueConstraint(
                        fields=("series", "key", "region", "start", "source", "contract"),
                        name="one_share_of_a_source",
                        nulls_distinct=False,
                    ),
                ),
            ],
        ),
    ]
