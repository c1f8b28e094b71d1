import django.db.models.deletion
from django.db import migrations, models

import cdsc_portal.lib.time.clock


class Migration(migrations.Migration):

    dependencies = [
        ('datahub', '0004_block_sums'),
    ]

    operations = [
        migrations.AddField(
            model_name='feed',
            name='alert_percent',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='mail when more percent of a file are rejected; empty: as set for all feeds'),
        ),
        migrations.AddField(
            model_name='feedrun',
            name='bytes_done',
            field=models.PositiveBigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='feedrun',
            name='rate',
            field=models.FloatField(blank=True, null=True, verbose_name='rows a second over the last chunks'),
        ),
        migrations.AddField(
            model_name='feedrun',
            name='parked',
            field=models.PositiveBigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='rejectedrow',
            name='rows',
            field=models.PositiveIntegerField(db_default=1, default=1),
        ),
        migrations.CreateModel(
            name='ParkedReadings',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('meter_number', models.CharField(db_index=True, max_length=100)),
                ('register', models.CharField(blank=True, max_length=100)),
                ('commodity', models.CharField(max_length=20)),
                ('unit', models.CharField(max_length=20)),
                ('direction', models.CharField(max_length=10)),
                ('kind', models.CharField(max_length=10)),
                ('scale', models.SmallIntegerField()),
                ('readings', models.PositiveIntegerField()),
                ('first_line', models.PositiveBigIntegerField()),
                ('packed', models.BinaryField()),
                ('created', models.DateTimeField(db_index=True, default=cdsc_portal.lib.time.clock.now, editable=False)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parked_readings', to='datahub.feedrun')),
            ],
            options={
                'verbose_name_plural': 'parked readings',
                'ordering': ['run', 'first_line', 'pk'],
            },
        ),
    ]
