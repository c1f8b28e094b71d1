"""New roles wait before they may share; a code for a first login is handed out by a second person (decision 0038)."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0015_call_counts'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='activationcode',
            options={'default_permissions': ('view',), 'permissions': [('hand_out_activation_code', 'Can hand out a code that another asked for')]},
        ),
        migrations.AlterModelOptions(
            name='staffaction',
            options={'default_permissions': ('view',), 'ordering': ['-at', '-pk'], 'permissions': [('help_sign_in', 'Can correct an address, unlock and invite again'), ('issue_activation_code', 'Can ask for a code for a first login'), ('export_records', 'Can take records as a file'), ('manage_staff', 'Can say who is staff and what they may do')]},
        ),
        migrations.AddField(
            model_name='activationcode',
            name='address',
            field=models.CharField(blank=True, db_default='', max_length=300),
        ),
        migrations.AddField(
            model_name='activationcode',
            name='handed_out_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='activationcode',
            name='handed_out_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='activationcode',
            name='reason',
            field=models.CharField(blank=True, db_default='', max_length=300),
        ),
        migrations.AddField(
            model_name='activationcode',
            name='sent_to',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='activationcode',
            name='way',
            field=models.CharField(blank=True, choices=[('mail', 'by e-mail to an owner'), ('letter', 'by letter'), ('told', 'told to the person')], db_default='', max_length=6),
        ),
        migrations.AddField(
            model_name='membership',
            name='shares_from',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AlterField(
            model_name='activationcode',
            name='digest',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AlterField(
            model_name='roleevent',
            name='verb',
            field=models.CharField(choices=[('invited', 'invited'), ('sent_again', 'invitation sent again'), ('withdrawn', 'invitation withdrawn'), ('joined', 'accepted'), ('changed', 'changed'), ('ended', 'ended by an owner'), ('left', 'left'), ('offered', 'code for a first login asked for'), ('agreed', 'agreed to by an owner'), ('address', 'e-mail address changed by staff')], max_length=10),
        ),
        migrations.AddConstraint(
            model_name='activationcode',
            constraint=models.CheckConstraint(condition=models.Q(('way__in', ['', 'mail']), ('digest', ''), ('handed_out_by__isnull', False), _connector='OR'), name='activation_code_handed_out'),
        ),
        migrations.AddConstraint(
            model_name='activationcode',
            constraint=models.CheckConstraint(condition=models.Q(('handed_out_by__isnull', True), models.Q(('handed_out_by', models.F('issued_by')), _negated=True), _connector='OR'), name='activation_code_by_two_people'),
        ),
    ]
