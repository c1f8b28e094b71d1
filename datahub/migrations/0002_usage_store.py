import cdsc_portal.lib.time.clock
import django.contrib.postgres.constraints
import django.db.models.deletion
from django.db import migrations, models

PARTITIONED = """
    CREATE TABLE interval_block (
        channel_id bigint NOT NULL REFERENCES datahub_channel (id),
        day date NOT NULL,
        step integer NOT NULL,
        phase integer NOT NULL,
        scale smallint NOT NULL,
        vals bytea NOT NULL,
        quality smallint NOT NULL,
        exceptions bytea,
        version bigint NOT NULL,
        versions bytea,
        known smallint NOT NULL,
        modified timestamptz NOT NULL,
        feed_run_id bigint NOT NULL REFERENCES datahub_feedrun (id),
        PRIMARY KEY (channel_id, day, step, phase),
        CONSTRAINT block_grid CHECK (86400 % step = 0 AND phase >= 0 AND phase < step)
    ) PARTITION BY RANGE (day)
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('datahub', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='feedrun',
            name='kept_out',
            field=models.PositiveBigIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name='feedrun',
            name='problem',
            field=models.TextField(blank=True, verbose_name='what staff should know of it'),
        ),
        migrations.CreateModel(
            name='Channel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('register', models.CharField(blank=True, max_length=100)),
                ('commodity', models.CharField(choices=[('electricity', 'electricity'), ('natural_gas', 'gas'), ('water', 'water')], max_length=20)),
                ('unit', models.CharField(max_length=20)),
                ('direction', models.CharField(choices=[('import', 'used'), ('export', 'sent back'), ('net', 'used less sent back'), ('none', 'no direction')], max_length=10)),
                ('kind', models.CharField(choices=[('interval', 'what flowed during an interval'), ('register', 'what a register showed at an instant'), ('demand', 'the highest power of a period')], max_length=10)),
                ('modified', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False)),
                ('synced', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False)),
                ('meter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='channels', to='accounts.meterdevice')),
            ],
            options={
                'ordering': ['meter', 'pk'],
            },
        ),
        migrations.SeparateDatabaseAndState(
            # Django cannot declare partitions
            state_operations=[
                migrations.CreateModel(
                    name='IntervalBlock',
                    fields=[
                        ('day', models.DateField(verbose_name='day (UTC)')),
                        ('step', models.IntegerField(verbose_name='seconds a slot')),
                        ('phase', models.IntegerField(verbose_name='seconds from midnight UTC to the first slot')),
                        ('scale', models.SmallIntegerField()),
                        ('vals', models.BinaryField()),
                        ('quality', models.SmallIntegerField()),
                        ('exceptions', models.BinaryField(null=True)),
                        ('version', models.BigIntegerField()),
                        ('versions', models.BinaryField(null=True)),
                        ('known', models.SmallIntegerField(verbose_name='slots with a value')),
                        ('modified', models.DateTimeField()),
                        ('pk', models.CompositePrimaryKey('channel_id', 'day', 'step', 'phase', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('channel', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='datahub.channel')),
                        ('feed_run', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='datahub.feedrun')),
                    ],
                    options={
                        'db_table': 'interval_block',
                    },
                ),
            ],
            database_operations=[migrations.RunSQL(PARTITIONED, 'DROP TABLE interval_block')],
        ),
        migrations.CreateModel(
            name='IntervalBlockHistory',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='day (UTC)')),
                ('step', models.IntegerField(verbose_name='seconds a slot')),
                ('phase', models.IntegerField(verbose_name='seconds from midnight UTC to the first slot')),
                ('scale', models.SmallIntegerField()),
                ('vals', models.BinaryField()),
                ('quality', models.SmallIntegerField()),
                ('exceptions', models.BinaryField(null=True)),
                ('version', models.BigIntegerField()),
                ('versions', models.BinaryField(null=True)),
                ('known', models.SmallIntegerField(verbose_name='slots with a value')),
                ('modified', models.DateTimeField()),
                ('replaced', models.DateTimeField()),
                ('channel', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='datahub.channel')),
                ('feed_run', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='datahub.feedrun')),
                ('replaced_by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='datahub.feedrun')),
            ],
            options={
                'db_table': 'interval_block_history',
            },
        ),
        migrations.CreateModel(
            name='PeriodReading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('start', models.DateTimeField()),
                ('end', models.DateTimeField()),
                ('value', models.BigIntegerField(null=True)),
                ('scale', models.SmallIntegerField()),
                ('quality', models.SmallIntegerField()),
                ('version', models.BigIntegerField(verbose_name='epoch microseconds of the file')),
                ('overlapping', models.BooleanField(default=False)),
                ('modified', models.DateTimeField()),
                ('channel', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='datahub.channel')),
                ('feed_run', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='datahub.feedrun')),
            ],
        ),
        migrations.CreateModel(
            name='PeriodReadingHistory',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('value', models.BigIntegerField(null=True)),
                ('scale', models.SmallIntegerField()),
                ('quality', models.SmallIntegerField()),
                ('version', models.BigIntegerField()),
                ('modified', models.DateTimeField()),
                ('replaced', models.DateTimeField()),
                ('feed_run', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='datahub.feedrun')),
                ('reading', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='history', to='datahub.periodreading')),
                ('replaced_by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='datahub.feedrun')),
            ],
        ),
        migrations.AddConstraint(
            model_name='channel',
            constraint=models.UniqueConstraint(fields=('meter', 'register', 'commodity', 'unit', 'direction', 'kind'), name='one_channel'),
        ),
        migrations.AddIndex(
            model_name='intervalblockhistory',
            index=models.Index(fields=['channel', 'day'], name='history_of_block'),
        ),
        migrations.AddConstraint(
            model_name='periodreading',
            constraint=models.UniqueConstraint(fields=('channel', 'start', 'end'), name='one_reading_of_a_period'),
        ),
        migrations.AddConstraint(
            model_name='periodreading',
            constraint=models.CheckConstraint(condition=models.Q(('end__gte', models.F('start'))), name='reading_end_not_before_start'),
        ),
        migrations.AddConstraint(
            model_name='periodreading',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('overlapping', False)), expressions=[(models.Func('channel_id', 'channel_id', models.Value('[]'), function='int8range'), '&&'), (models.Func('start', 'end', function='tstzrange'), '&&')], name='one_reading_at_a_time'),
        ),
    ]
