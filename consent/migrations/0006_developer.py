
import cdsc_portal.lib.time.clock
import cdsc_portal.lib.db.public_ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('consent', '0005_staff'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ClientContact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False)),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='contacts', to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='client_contacts', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['client', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('client', 'user'), name='contact_once_of_a_client')],
            },
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=cdsc_portal.lib.db.public_ids.new_public_id, editable=False, max_length=20, unique=True)),
                ('type', models.CharField(choices=[('notification', 'notification'), ('private_message', 'message'), ('support_request', 'support request'), ('field_changes', 'changes of the client'), ('request_update', 'answer to a request')], max_length=20)),
                ('status', models.CharField(choices=[('complete', 'resolved'), ('open', 'the third party has to act'), ('pending', 'the utility has to act'), ('rejected', 'rejected')], max_length=10)),
                ('by_client', models.BooleanField(verbose_name='written by the third party')),
                ('name', models.CharField(max_length=200, verbose_name='subject')),
                ('description', models.TextField(max_length=10000, verbose_name='text')),
                ('read', models.BooleanField(default=False, verbose_name='read by the third party')),
                ('created', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False)),
                ('modified', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False)),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='messages', to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL)),
                ('first', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='thread', to='consent.message')),
                ('previous', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='consent.message')),
            ],
            options={
                'ordering': ['-created', '-pk'],
                'indexes': [models.Index(fields=['client', '-created'], name='message_of_client'), models.Index(condition=models.Q(('status', 'pending')), fields=['-created'], name='message_to_answer')],
            },
        ),
    ]
