import django.db.models.deletion
from django.db import migrations, models

# The block table anew: columns of eight bytes first, two bytes for step and phase (both under 32768 seconds), no
# nulls where the usual is empty. It costs 13 bytes a block less in the heap and 8 in the index.
REBUILT = """
    ALTER TABLE interval_block RENAME TO interval_block_before;
    CREATE TABLE interval_block (
        channel_id bigint NOT NULL REFERENCES datahub_channel (id),
        version bigint NOT NULL,
        modified timestamptz NOT NULL,
        feed_run_id bigint NOT NULL,
        day date NOT NULL,
        step smallint NOT NULL,
        phase smallint NOT NULL,
        scale smallint NOT NULL,
        quality smallint NOT NULL,
        known smallint NOT NULL,
        sums bytea,
        exceptions bytea,
        versions bytea,
        vals bytea NOT NULL,
        PRIMARY KEY (channel_id, day, step, phase),
        CONSTRAINT block_grid CHECK (86400 % step = 0 AND phase >= 0 AND phase < step)
    ) PARTITION BY RANGE (day);
    DO $$
    DECLARE part record;
    BEGIN
        FOR part IN
            SELECT child.relname AS name, pg_get_expr(child.relpartbound, child.oid) AS bound
            FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
            WHERE inhparent = 'interval_block_before'::regclass
        LOOP
            EXECUTE format('ALTER TABLE %I RENAME TO %I', part.name, part.name || '_before');
            EXECUTE format('CREATE TABLE %I PARTITION OF interval_block %s WITH (autovacuum_vacuum_scale_factor = 0.01,'
                ' autovacuum_vacuum_threshold = 1000)', part.name, part.bound);
        END LOOP;
    END $$;
    INSERT INTO interval_block (channel_id, version, modified, feed_run_id, day, step, phase, scale, quality, known,
        exceptions, versions, vals)
    SELECT channel_id, version, modified, feed_run_id, day, step, phase, scale, quality, known,
        coalesce(exceptions, ''), coalesce(versions, ''), vals
    FROM interval_block_before ORDER BY channel_id, day;
    DROP TABLE interval_block_before;
"""
# to the day: what is stored already is reached, if a little too far
REACHED = """
    UPDATE datahub_channel AS channel
    SET first_start = seen.first, last_end = seen.past, longest = seen.longest
    FROM (
        SELECT channel_id, min(first) AS first, max(past) AS past, max(longest) AS longest
        FROM (
            SELECT channel_id, min(day)::timestamp AT TIME ZONE 'UTC' AS first,
                (max(day) + 2)::timestamp AT TIME ZONE 'UTC' AS past, max(step)::integer AS longest
            FROM interval_block WHERE known > 0 GROUP BY channel_id
            UNION ALL
            SELECT channel_id, min(start), max("end"), max(extract(epoch FROM "end" - start))::integer
            FROM datahub_periodreading GROUP BY channel_id
        ) AS each GROUP BY channel_id
    ) AS seen
    WHERE channel.id = seen.channel_id
"""
AS_BEFORE = """
    ALTER TABLE interval_block DROP COLUMN sums,
        ALTER COLUMN step TYPE integer, ALTER COLUMN phase TYPE integer,
        ADD FOREIGN KEY (feed_run_id) REFERENCES datahub_feedrun (id)
"""
GRID = [
    ('step', 'seconds a slot'),
    ('phase', 'seconds from midnight UTC to the first slot'),
]


def columns(model, *runs):
    """The changes of a packed model: narrower grid, runs without a look-up for each block, sums."""
    return [
        *(
            migrations.AlterField(
                model,
                name,
                models.ForeignKey(
                    db_constraint=False,
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name='+',
                    to='datahub.feedrun',
                ),
            )
            for name in runs
        ),
        *(
            migrations.AlterField(model, name, models.SmallIntegerField(verbose_name=words))
            for name, words in GRID
        ),
        migrations.AddField(
            model, 'sums', models.BinaryField(null=True, verbose_name='sums before and after local midnight')
        ),
    ]


class Migration(migrations.Migration):

    dependencies = [
        ('datahub', '0003_run_attempts'),
    ]

    operations = [
        migrations.AddField('channel', 'first_start', models.DateTimeField(editable=False, null=True)),
        migrations.AddField('channel', 'last_end', models.DateTimeField(editable=False, null=True)),
        migrations.AddField(
            'channel',
            'longest',
            models.IntegerField(editable=False, null=True, verbose_name='seconds of the longest reading'),
        ),
        # each load marks its channels: room on the page keeps that out of the indexes
        migrations.RunSQL(
            'ALTER TABLE datahub_channel SET (fillfactor = 45)', 'ALTER TABLE datahub_channel RESET (fillfactor)'
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=columns('intervalblock', 'feed_run'),
            database_operations=[migrations.RunSQL(REBUILT, AS_BEFORE)],
        ),
        migrations.RunSQL(REACHED, migrations.RunSQL.noop),
        *columns('intervalblockhistory', 'feed_run', 'replaced_by'),
        migrations.CreateModel(
            name='PartitionRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('table', models.CharField(max_length=63, unique=True)),
                ('month', models.DateField(verbose_name='first day of the month (UTC)')),
                ('changes_seen', models.BigIntegerField(null=True)),
                ('changes_clustered', models.BigIntegerField(null=True)),
                ('clustered', models.DateTimeField(null=True, verbose_name='put in order')),
                ('set_aside', models.DateTimeField(null=True)),
                ('rows', models.BigIntegerField(null=True, verbose_name='rows when it was set aside')),
            ],
            options={
                'ordering': ['-month', 'table'],
            },
        ),
    ]
