
import cdsc_portal.lib.time.clock
import cdsc_portal.lib.db.public_ids
import django.contrib.postgres.constraints
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Entity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=cdsc_portal.lib.db.public_ids.new_public_id, editable=False, max_length=20, unique=True)),
                ('cds_created', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='created')),
                ('cds_modified', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='modified')),
                ('cds_synced', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='synced')),
                ('name', models.CharField(max_length=150, unique=True)),
                ('abbreviation', models.CharField(blank=True, max_length=20)),
                ('kind', models.CharField(choices=[('distribution_utility', 'distribution utility'), ('supplier', 'supplier')], max_length=30)),
            ],
            options={
                'verbose_name_plural': 'entities',
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='MeterDevice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=cdsc_portal.lib.db.public_ids.new_public_id, editable=False, max_length=20, unique=True)),
                ('cds_created', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='created')),
                ('cds_modified', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='modified')),
                ('cds_synced', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='synced')),
                ('meter_number', models.CharField(max_length=100, unique=True)),
                ('commodity', models.CharField(choices=[('electricity', 'electricity'), ('natural_gas', 'gas'), ('water', 'water')], max_length=20)),
            ],
            options={
                'ordering': ['meter_number'],
            },
        ),
        migrations.CreateModel(
            name='Premise',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=cdsc_portal.lib.db.public_ids.new_public_id, editable=False, max_length=20, unique=True)),
                ('cds_created', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='created')),
                ('cds_modified', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='modified')),
                ('cds_synced', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='synced')),
                ('premise_number', models.CharField(max_length=50, unique=True)),
                ('address', models.CharField(max_length=300)),
            ],
            options={
                'ordering': ['premise_number'],
            },
        ),
        migrations.CreateModel(
            name='Program',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=cdsc_portal.lib.db.public_ids.new_public_id, editable=False, max_length=20, unique=True)),
                ('cds_created', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='created')),
                ('cds_modified', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='modified')),
                ('cds_synced', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='synced')),
                ('program_number', models.CharField(max_length=50, unique=True)),
                ('name', models.CharField(max_length=150)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('public_id', models.CharField(default=cdsc_portal.lib.db.public_ids.new_public_id, editable=False, max_length=20, unique=True)),
                ('email', models.EmailField(max_length=254, unique=True, verbose_name='e-mail address')),
                ('name', models.CharField(blank=True, max_length=150)),
                ('language', models.CharField(choices=[('en', 'English'), ('es', 'Español')], default='en', max_length=5)),
                ('is_staff', models.BooleanField(default=False, verbose_name='works for the utility')),
                ('is_active', models.BooleanField(default=True, verbose_name='may sign in')),
                ('created', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
        ),
        migrations.CreateModel(
            name='Customer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=cdsc_portal.lib.db.public_ids.new_public_id, editable=False, max_length=20, unique=True)),
                ('cds_created', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='created')),
                ('cds_modified', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='modified')),
                ('cds_synced', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='synced')),
                ('customer_number', models.CharField(max_length=50, unique=True)),
                ('name', models.CharField(max_length=200)),
            ],
            options={
                'ordering': ['customer_number'],
                'indexes': [models.Index(fields=['name'], name='customer_name_prefix')],
            },
        ),
        migrations.CreateModel(
            name='BillingAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=cdsc_portal.lib.db.public_ids.new_public_id, editable=False, max_length=20, unique=True)),
                ('cds_created', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='created')),
                ('cds_modified', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='modified')),
                ('cds_synced', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='synced')),
                ('account_number', models.CharField(max_length=50, unique=True)),
                ('name', models.CharField(blank=True, max_length=150, verbose_name="the customer's own name for it")),
                ('address', models.CharField(blank=True, max_length=300)),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='accounts.billingaccount')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='billing_accounts', to='accounts.customer')),
                ('programs', models.ManyToManyField(blank=True, related_name='billing_accounts', to='accounts.program')),
            ],
            options={
                'ordering': ['account_number'],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('owner', 'owner: sees and shares'), ('viewer', 'viewer: sees'), ('delegate', 'delegate: sees and, where allowed, shares, until a date')], max_length=10)),
                ('may_share', models.BooleanField(default=False, verbose_name='a delegate who may share')),
                ('until', models.DateTimeField(blank=True, null=True)),
                ('created', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False)),
                ('billing_account', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='accounts.billingaccount')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='accounts.customer')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='ServiceContract',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=cdsc_portal.lib.db.public_ids.new_public_id, editable=False, max_length=20, unique=True)),
                ('cds_created', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='created')),
                ('cds_modified', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='modified')),
                ('cds_synced', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='synced')),
                ('contract_number', models.CharField(max_length=50, unique=True)),
                ('commodity', models.CharField(choices=[('electricity', 'electricity'), ('natural_gas', 'gas'), ('water', 'water')], max_length=20)),
                ('name', models.CharField(blank=True, max_length=150, verbose_name="the customer's own name for it")),
                ('address', models.CharField(blank=True, max_length=300, verbose_name='service address')),
                ('start', models.DateField()),
                ('end', models.DateField(blank=True, null=True)),
                ('billing_account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contracts', to='accounts.billingaccount')),
                ('distribution', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='distribution_contracts', to='accounts.entity')),
                ('programs', models.ManyToManyField(blank=True, related_name='contracts', to='accounts.program')),
            ],
            options={
                'ordering': ['contract_number'],
            },
        ),
        migrations.CreateModel(
            name='ServicePoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=cdsc_portal.lib.db.public_ids.new_public_id, editable=False, max_length=20, unique=True)),
                ('cds_created', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='created')),
                ('cds_modified', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='modified')),
                ('cds_synced', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='synced')),
                ('servicepoint_number', models.CharField(max_length=50, unique=True)),
                ('commodity', models.CharField(choices=[('electricity', 'electricity'), ('natural_gas', 'gas'), ('water', 'water')], max_length=20)),
                ('voltage', models.PositiveIntegerField(blank=True, null=True, verbose_name='voltage in volts')),
                ('region', models.CharField(blank=True, max_length=50, verbose_name='grid region')),
                ('pricing_node', models.CharField(blank=True, max_length=50)),
                ('premise', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='points', to='accounts.premise')),
            ],
            options={
                'ordering': ['servicepoint_number'],
            },
        ),
        migrations.CreateModel(
            name='MeterInstallation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('start', models.DateTimeField()),
                ('end', models.DateTimeField(blank=True, null=True)),
                ('meter', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='installations', to='accounts.meterdevice')),
                ('service_point', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='installations', to='accounts.servicepoint')),
            ],
            options={
                'ordering': ['meter', 'start'],
            },
        ),
        migrations.CreateModel(
            name='ContractServicePoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('start', models.DateTimeField()),
                ('end', models.DateTimeField(blank=True, null=True)),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='point_links', to='accounts.servicecontract')),
                ('service_point', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='contract_links', to='accounts.servicepoint')),
            ],
            options={
                'ordering': ['contract', 'start'],
            },
        ),
        migrations.CreateModel(
            name='SupplyTerm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=cdsc_portal.lib.db.public_ids.new_public_id, editable=False, max_length=20, unique=True)),
                ('cds_created', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='created')),
                ('cds_modified', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='modified')),
                ('cds_synced', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, verbose_name='synced')),
                ('supplier_contract_number', models.CharField(blank=True, max_length=50)),
                ('tariff_code', models.CharField(max_length=50)),
                ('tariff_name', models.CharField(max_length=150)),
                ('start', models.DateField()),
                ('end', models.DateField(blank=True, null=True)),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='supply_terms', to='accounts.servicecontract')),
                ('supplier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='supply_terms', to='accounts.entity')),
            ],
            options={
                'ordering': ['contract', 'start'],
            },
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('email'), name='user_email_without_case'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('customer', 'user', 'billing_account'), name='membership_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('role', 'delegate'), _negated=True), ('until__isnull', False), _connector='OR'), name='delegate_has_an_end'),
        ),
        migrations.AddConstraint(
            model_name='billingaccount',
            constraint=models.CheckConstraint(condition=models.Q(('parent', models.F('pk')), _negated=True), name='account_is_not_its_own_parent'),
        ),
        migrations.AddConstraint(
            model_name='servicecontract',
            constraint=models.CheckConstraint(condition=models.Q(('end__isnull', True), ('end__gt', models.F('start')), _connector='OR'), name='contract_end_after_start'),
        ),
        migrations.AddConstraint(
            model_name='meterinstallation',
            constraint=models.CheckConstraint(condition=models.Q(('end__isnull', True), ('end__gt', models.F('start')), _connector='OR'), name='installation_end_after_start'),
        ),
        migrations.AddConstraint(
            model_name='meterinstallation',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(models.Func('meter_id', 'meter_id', models.Value('[]'), function='int8range'), '&&'), (models.Func('start', 'end', function='tstzrange'), '&&')], name='meter_at_one_point_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='contractservicepoint',
            constraint=models.CheckConstraint(condition=models.Q(('end__isnull', True), ('end__gt', models.F('start')), _connector='OR'), name='point_link_end_after_start'),
        ),
        migrations.AddConstraint(
            model_name='contractservicepoint',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(models.Func('contract_id', 'contract_id', models.Value('[]'), function='int8range'), '&&'), (models.Func('service_point_id', 'service_point_id', models.Value('[]'), function='int8range'), '&&'), (models.Func('start', 'end', function='tstzrange'), '&&')], name='one_link_of_contract_and_point'),
        ),
        migrations.AddConstraint(
            model_name='supplyterm',
            constraint=models.CheckConstraint(condition=models.Q(('end__isnull', True), ('end__gt', models.F('start')), _connector='OR'), name='term_end_after_start'),
        ),
        migrations.AddConstraint(
            model_name='supplyterm',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(models.Func('contract_id', 'contract_id', models.Value('[]'), function='int8range'), '&&'), (models.Func('start', 'end', function='daterange'), '&&')], name='one_supply_term_at_a_time'),
        ),
    ]
