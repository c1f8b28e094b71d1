
import cdsc_portal.lib.time.clock
import cdsc_portal.lib.db.public_ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Feed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=cdsc_portal.lib.db.public_ids.new_public_id, editable=False, max_length=20, unique=True)),
                ('name', models.CharField(max_length=100, unique=True)),
                ('kind', models.CharField(choices=[('hierarchy', 'customers, accounts, contracts, points, meters'), ('usage', 'meter readings'), ('bills', 'bills'), ('supply_terms', 'suppliers and tariffs'), ('generation_mix', 'generation mix')], max_length=20)),
                ('format', models.CharField(max_length=40)),
                ('time_zone', models.CharField(default='America/Los_Angeles', max_length=60)),
                ('settings', models.JSONField(blank=True, default=dict)),
                ('created', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='BillStatement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=cdsc_portal.lib.db.public_ids.new_public_id, editable=False, max_length=20, unique=True)),
                ('cds_created', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='created')),
                ('cds_modified', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='modified')),
                ('cds_synced', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='synced')),
                ('statement_number', models.CharField(max_length=60, unique=True)),
                ('statement_date', models.DateField()),
                ('due_date', models.DateField(blank=True, null=True)),
                ('start', models.DateField(blank=True, null=True)),
                ('end', models.DateField(blank=True, null=True)),
                ('currency', models.CharField(default='USD', max_length=3)),
                ('previous_balance', models.DecimalField(blank=True, decimal_places=4, max_digits=14, null=True)),
                ('payments', models.DecimalField(blank=True, decimal_places=4, max_digits=14, null=True)),
                ('new_charges', models.DecimalField(blank=True, decimal_places=4, max_digits=14, null=True)),
                ('total', models.DecimalField(decimal_places=4, max_digits=14, verbose_name='amount due')),
                ('file', models.FileField(blank=True, upload_to='bills/%Y/%m')),
                ('file_name', models.CharField(blank=True, max_length=255)),
                ('file_sha256', models.CharField(blank=True, max_length=64)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='statements', to='accounts.billingaccount')),
            ],
            options={
                'ordering': ['-statement_date', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='BillSection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=cdsc_portal.lib.db.public_ids.new_public_id, editable=False, max_length=20, unique=True)),
                ('cds_created', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='created')),
                ('cds_modified', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='modified')),
                ('cds_synced', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='synced')),
                ('position', models.PositiveSmallIntegerField()),
                ('commodity', models.CharField(choices=[('electricity', 'electricity'), ('natural_gas', 'gas'), ('water', 'water')], max_length=20)),
                ('start', models.DateField()),
                ('end', models.DateField()),
                ('supplier_name', models.CharField(blank=True, max_length=150)),
                ('tariff_code', models.CharField(blank=True, max_length=50)),
                ('tariff_name', models.CharField(blank=True, max_length=150)),
                ('amount', models.DecimalField(decimal_places=4, max_digits=14)),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bill_sections', to='accounts.servicecontract')),
                ('statement', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sections', to='datahub.billstatement')),
            ],
            options={
                'ordering': ['statement', 'position'],
            },
        ),
        migrations.CreateModel(
            name='FeedRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=cdsc_portal.lib.db.public_ids.new_public_id, editable=False, max_length=20, unique=True)),
                ('file', models.FileField(upload_to='feeds/%Y/%m')),
                ('file_name', models.CharField(max_length=255)),
                ('sha256', models.CharField(max_length=64)),
                ('size', models.PositiveBigIntegerField()),
                ('status', models.CharField(choices=[('waiting', 'waiting for a worker'), ('running', 'running'), ('held', 'waiting for a confirmation'), ('done', 'done'), ('refused', 'file refused'), ('failed', 'failed')], default='waiting', max_length=10)),
                ('created', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False)),
                ('version_at', models.DateTimeField(blank=True, null=True, verbose_name="the file's own time; newer wins")),
                ('started', models.DateTimeField(blank=True, null=True)),
                ('finished', models.DateTimeField(blank=True, null=True)),
                ('heartbeat', models.DateTimeField(blank=True, null=True)),
                ('chunks_done', models.PositiveIntegerField(default=0)),
                ('chunks_total', models.PositiveIntegerField(blank=True, null=True)),
                ('rows_read', models.PositiveBigIntegerField(default=0)),
                ('accepted', models.PositiveBigIntegerField(default=0)),
                ('unchanged', models.PositiveBigIntegerField(default=0)),
                ('rejected', models.PositiveBigIntegerField(default=0)),
                ('problem', models.TextField(blank=True, verbose_name='why it was refused, held or failed')),
                ('confirmed', models.BooleanField(default=False, verbose_name='large changes confirmed')),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('feed', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='datahub.feed')),
            ],
            options={
                'ordering': ['-created'],
            },
        ),
        migrations.CreateModel(
            name='LineItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('name', models.CharField(max_length=200)),
                ('kind', models.CharField(blank=True, max_length=30)),
                ('quantity', models.DecimalField(blank=True, decimal_places=6, max_digits=18, null=True)),
                ('unit', models.CharField(blank=True, max_length=20)),
                ('rate', models.DecimalField(blank=True, decimal_places=8, max_digits=18, null=True)),
                ('amount', models.DecimalField(decimal_places=4, max_digits=14)),
                ('section', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='line_items', to='datahub.billsection')),
            ],
            options={
                'ordering': ['section', 'position'],
            },
        ),
        migrations.CreateModel(
            name='MixShare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('series', models.CharField(choices=[('generation_breakdown', "the grid's generation"), ('consumption_breakdown', "a tariff's generation"), ('residual_mix', 'what no certificate covers')], max_length=30)),
                ('key', models.CharField(max_length=50)),
                ('start', models.DateTimeField()),
                ('seconds', models.PositiveIntegerField()),
                ('source', models.CharField(max_length=50)),
                ('share', models.DecimalField(decimal_places=10, max_digits=12, null=True)),
                ('modified', models.DateTimeField(default=cdsc_portal.lib.time.clock.now)),
                ('synced', models.DateTimeField(default=cdsc_portal.lib.time.clock.now)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('series', 'key', 'start', 'source'), name='one_share_of_a_source'), models.CheckConstraint(condition=models.Q(('share__isnull', True), models.Q(('share__gte', 0), ('share__lte', 1)), _connector='OR'), name='share_0_to_1')],
            },
        ),
        migrations.CreateModel(
            name='RejectedRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line', models.PositiveBigIntegerField()),
                ('reason', models.CharField(max_length=500)),
                ('text', models.TextField(blank=True)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rejected_rows', to='datahub.feedrun')),
            ],
            options={
                'ordering': ['run', 'line', 'pk'],
            },
        ),
        migrations.AddIndex(
            model_name='billstatement',
            index=models.Index(fields=['account', '-statement_date'], name='statement_of_account'),
        ),
        migrations.AddConstraint(
            model_name='billsection',
            constraint=models.UniqueConstraint(fields=('statement', 'position'), name='section_place'),
        ),
        migrations.AddIndex(
            model_name='feedrun',
            index=models.Index(fields=['feed', 'sha256'], name='run_of_file'),
        ),
    ]
