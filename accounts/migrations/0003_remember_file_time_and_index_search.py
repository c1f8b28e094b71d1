
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_shared_cache_table'),
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='LoadMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=20, unique=True)),
                ('as_of', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='billingaccount',
            name='version_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='as of'),
        ),
        migrations.AddField(
            model_name='contractservicepoint',
            name='version_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='as of'),
        ),
        migrations.AddField(
            model_name='customer',
            name='version_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='as of'),
        ),
        migrations.AddField(
            model_name='entity',
            name='version_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='as of'),
        ),
        migrations.AddField(
            model_name='membership',
            name='version_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='as of'),
        ),
        migrations.AddField(
            model_name='meterdevice',
            name='version_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='as of'),
        ),
        migrations.AddField(
            model_name='meterinstallation',
            name='version_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='as of'),
        ),
        migrations.AddField(
            model_name='premise',
            name='version_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='as of'),
        ),
        migrations.AddField(
            model_name='program',
            name='version_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='as of'),
        ),
        migrations.AddField(
            model_name='servicecontract',
            name='version_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='as of'),
        ),
        migrations.AddField(
            model_name='servicepoint',
            name='version_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='as of'),
        ),
        migrations.AddField(
            model_name='supplyterm',
            name='version_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='as of'),
        ),
        migrations.AddField(
            model_name='user',
            name='invitation_due',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name='billingaccount',
            index=models.Index(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('account_number'), name='text_pattern_ops'), name='account_number_prefix'),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('customer_number'), name='text_pattern_ops'), name='customer_number_prefix'),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.search.SearchVector('name', config='simple'), name='customer_name_words'),
        ),
        migrations.AddIndex(
            model_name='meterdevice',
            index=models.Index(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('meter_number'), name='text_pattern_ops'), name='meter_number_prefix'),
        ),
        migrations.AddIndex(
            model_name='premise',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.search.SearchVector('address', config='simple'), name='premise_address_words'),
        ),
        migrations.AddIndex(
            model_name='servicecontract',
            index=models.Index(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('contract_number'), name='text_pattern_ops'), name='contract_number_prefix'),
        ),
        migrations.AddIndex(
            model_name='servicepoint',
            index=models.Index(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('servicepoint_number'), name='text_pattern_ops'), name='servicepoint_number_prefix'),
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('email'), name='text_pattern_ops'), name='user_email_prefix'),
        ),
        migrations.AddIndex(
            model_name='user',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.search.SearchVector('name', config='simple'), name='user_name_words'),
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(condition=models.Q(('invitation_due__isnull', False)), fields=['invitation_due'], name='user_to_invite'),
        ),
    ]
