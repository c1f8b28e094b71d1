
import cdsc_portal.lib.time.clock
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_remember_file_time_and_index_search'),
    ]

    operations = [
        migrations.AddField(
            model_name='contractservicepoint',
            name='created',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AlterField(  # the default is for rows to come: of those that are there, nobody knows
            model_name='contractservicepoint',
            name='created',
            field=models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='meterinstallation',
            name='created',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AlterField(  # the default is for rows to come: of those that are there, nobody knows
            model_name='meterinstallation',
            name='created',
            field=models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, null=True),
        ),
        migrations.CreateModel(
            name='LinkChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('contract_point', 'contract at a point'), ('meter_point', 'meter at a point'), ('contract', "a contract's own dates")], max_length=20)),
                ('link_key', models.BigIntegerField()),
                ('link_created', models.DateTimeField(null=True)),
                ('old_start', models.DateTimeField()),
                ('old_end', models.DateTimeField(null=True)),
                ('new_start', models.DateTimeField(null=True)),
                ('new_end', models.DateTimeField(null=True)),
                ('lost_from', models.DateTimeField(null=True)),
                ('at', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, verbose_name='recorded')),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('contract', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.servicecontract')),
                ('meter', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.meterdevice')),
                ('service_point', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.servicepoint')),
            ],
            options={
                'ordering': ['-at', '-pk'],
                'indexes': [models.Index(fields=['-at'], name='link_change_at'), models.Index(fields=['kind', 'link_key', 'at'], name='link_change_of_link')],
            },
        ),
    ]
