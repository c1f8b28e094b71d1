
import cdsc_portal.lib.time.clock
import cdsc_portal.lib.db.public_ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('datahub', '0005_runs_that_survive'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='FeedSource',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=cdsc_portal.lib.db.public_ids.new_public_id, editable=False, max_length=20, unique=True)),
                ('kind', models.CharField(choices=[('folder', 'watched folder'), ('https', 'address to pull from'), ('sftp', 'SFTP server')], max_length=10)),
                ('address', models.CharField(max_length=500)),
                ('pattern', models.CharField(default='*', max_length=100, verbose_name='names to take')),
                ('every_minutes', models.PositiveSmallIntegerField(default=15, verbose_name='look every so many minutes')),
                ('active', models.BooleanField(default=True)),
                ('user_name', models.CharField(blank=True, max_length=100)),
                ('secret_name', models.CharField(blank=True, max_length=100, verbose_name='environment variable with the secret')),
                ('host_key', models.CharField(blank=True, max_length=1000, verbose_name="the server's public key")),
                ('etag', models.CharField(blank=True, editable=False, max_length=300)),
                ('last_modified', models.CharField(blank=True, editable=False, max_length=100)),
                ('last_sha256', models.CharField(blank=True, editable=False, max_length=64)),
                ('last_look', models.DateTimeField(blank=True, editable=False, null=True)),
                ('next_look', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False)),
                ('failures', models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='failures in a row')),
                ('problem', models.TextField(blank=True, editable=False)),
                ('feed', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sources', to='datahub.feed')),
                ('last_run', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='datahub.feedrun')),
            ],
            options={
                'ordering': ['feed', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='SeenFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=255)),
                ('size', models.PositiveBigIntegerField()),
                ('modified_ns', models.BigIntegerField(verbose_name='nanoseconds since 1970')),
                ('taken', models.DateTimeField(null=True)),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='seen_files', to='datahub.feedsource')),
            ],
        ),
        migrations.CreateModel(
            name='StaffToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('label', models.CharField(max_length=100, verbose_name='what uses it')),
                ('token_checksum', models.CharField(editable=False, max_length=64, unique=True)),
                ('created', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False)),
                ('expires', models.DateTimeField()),
                ('last_used', models.DateTimeField(editable=False, null=True)),
                ('revoked', models.DateTimeField(editable=False, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='staff_tokens', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-created'],
            },
        ),
        migrations.AddIndex(
            model_name='feedsource',
            index=models.Index(condition=models.Q(('active', True)), fields=['next_look'], name='source_to_look_at'),
        ),
        migrations.AddConstraint(
            model_name='seenfile',
            constraint=models.UniqueConstraint(fields=('source', 'name'), name='one_sight_of_a_file'),
        ),
    ]
