
import cdsc_portal.lib.time.clock
import cdsc_portal.lib.db.public_ids
import django.db.models.deletion
import oauth2_provider.generators
import oauth2_provider.models
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    run_before = [('oauth2_provider', '0001_initial')]  # its models point to ours

    operations = [
        migrations.CreateModel(
            name='Client',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('client_id', models.CharField(db_index=True, default=oauth2_provider.generators.generate_client_id, max_length=255, unique=True, verbose_name='client ID')),
                ('redirect_uris', models.TextField(blank=True, help_text='Allowed URIs list, space separated', verbose_name='redirect URIs')),
                ('post_logout_redirect_uris', models.TextField(blank=True, default='', help_text='Allowed Post Logout URIs list, space separated', verbose_name='post logout redirect URIs')),
                ('client_type', models.CharField(choices=[('confidential', 'Confidential'), ('public', 'Public')], max_length=32, verbose_name='client type')),
                ('authorization_grant_type', models.CharField(choices=[('authorization-code', 'Authorization code'), ('urn:ietf:params:oauth:grant-type:device_code', 'Device Code'), ('implicit', 'Implicit'), ('password', 'Resource owner password-based'), ('client-credentials', 'Client credentials'), ('openid-hybrid', 'OpenID connect hybrid')], max_length=44, verbose_name='authorization grant type')),
                ('client_secret', oauth2_provider.models.ClientSecretField(blank=True, db_index=True, default=oauth2_provider.generators.generate_client_secret, help_text='Client secret for authentication', max_length=255, verbose_name='client secret')),
                ('hash_client_secret', models.BooleanField(default=True, verbose_name='hash client secret')),
                ('name', models.CharField(blank=True, max_length=255, verbose_name='name')),
                ('skip_authorization', models.BooleanField(default=False, verbose_name='skip authorization')),
                ('created', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated', models.DateTimeField(auto_now=True, verbose_name='updated')),
                ('algorithm', models.CharField(blank=True, choices=[('', 'No OIDC support'), ('RS256', 'RSA with SHA-2 256'), ('HS256', 'HMAC with SHA-2 256')], default='', max_length=5, verbose_name='algorithm')),
                ('allowed_origins', models.TextField(blank=True, default='', help_text='Allowed origins list to enable CORS, space separated', verbose_name='allowed origins')),
                ('registration_source', models.CharField(choices=[('manual', 'Manual'), ('dcr', 'Dynamic Client Registration'), ('cimd', 'Client ID Metadata Document')], default='manual', help_text='How this application was registered (manual, DCR per RFC 7591, or CIMD)', max_length=32, verbose_name='registration source')),
                ('cimd_expires_at', models.DateTimeField(blank=True, default=None, help_text='When the cached Client ID Metadata Document should be re-fetched', null=True, verbose_name='CIMD expires at')),
                ('public_id', models.CharField(default=cdsc_portal.lib.db.public_ids.new_public_id, editable=False, max_length=20, unique=True)),
                ('status', models.CharField(choices=[('production', 'production'), ('sandbox', 'sandbox: test users only'), ('suspended', 'suspended: reads nothing, grants return'), ('disabled', 'disabled')], default='production', max_length=20)),
                ('allowed_scopes', models.JSONField(blank=True, default=list)),
                ('client_uri', models.URLField(blank=True, verbose_name='website')),
                ('uri_confirmed', models.BooleanField(default=False, verbose_name='website confirmed to be theirs')),
                ('contact_email', models.EmailField(blank=True, max_length=254)),
                ('purpose', models.TextField(blank=True, verbose_name='what they want the data for, in their words')),
                ('terms_uri', models.URLField(blank=True)),
                ('policy_uri', models.URLField(blank=True)),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='%(app_label)s_%(class)s', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'client',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Grant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=cdsc_portal.lib.db.public_ids.new_public_id, editable=False, max_length=20, unique=True)),
                ('status', models.CharField(choices=[('active', 'active'), ('future', 'future'), ('pending', 'pending'), ('partial', 'partial'), ('needs_authorization', 'needs_authorization'), ('needs_sub_grants', 'needs_sub_grants'), ('disabled', 'disabled'), ('suspended', 'suspended'), ('revoked', 'revoked'), ('closed', 'closed'), ('expired', 'expired'), ('delayed', 'delayed'), ('stopped', 'stopped'), ('errored', 'errored')], max_length=20)),
                ('scope', models.TextField()),
                ('authorization_details', models.JSONField()),
                ('created', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False)),
                ('modified', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False)),
                ('not_before', models.DateTimeField(blank=True, null=True)),
                ('access_ends', models.DateTimeField(blank=True, null=True)),
                ('refreshable', models.BooleanField(default=False, verbose_name='lasts beyond its first token')),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='grants', to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL)),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='given_grants', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-created'],
            },
        ),
        migrations.CreateModel(
            name='Disclosure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=cdsc_portal.lib.db.public_ids.new_public_id, editable=False, max_length=20, unique=True)),
                ('scope', models.CharField(max_length=60)),
                ('resource', models.CharField(max_length=60)),
                ('start', models.DateTimeField(blank=True, null=True)),
                ('end', models.DateTimeField(blank=True, null=True)),
                ('value_count', models.PositiveBigIntegerField()),
                ('released_at', models.DateTimeField(default=cdsc_portal.lib.time.clock.now)),
                ('address', models.GenericIPAddressField(blank=True, null=True)),
                ('contracts', models.ManyToManyField(related_name='disclosures', to='accounts.servicecontract')),
                ('grant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disclosures', to='consent.grant')),
            ],
            options={
                'ordering': ['-released_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='ConsentRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(default=cdsc_portal.lib.db.public_ids.new_secret, editable=False, max_length=64, unique=True)),
                ('reference', models.CharField(default=cdsc_portal.lib.db.public_ids.new_reference, editable=False, max_length=12, unique=True)),
                ('request_uri_hash', models.CharField(editable=False, max_length=64, null=True, unique=True)),
                ('redirect_uri', models.TextField()),
                ('state', models.TextField(blank=True)),
                ('code_challenge', models.CharField(max_length=128)),
                ('prompt_login', models.BooleanField(default=False)),
                ('details', models.JSONField()),
                ('status', models.CharField(choices=[('pushed', 'pushed, not opened yet'), ('waiting', 'waiting for a decision'), ('approved', 'approved'), ('denied', 'denied'), ('failed', 'refused by a check')], max_length=10)),
                ('created', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False)),
                ('expires', models.DateTimeField()),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='requests', to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL)),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='consent_requests', to=settings.AUTH_USER_MODEL)),
                ('grant', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='request', to='consent.grant')),
            ],
            options={
                'ordering': ['-created'],
            },
        ),
        migrations.CreateModel(
            name='AuthorizationCode',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=255, unique=True, verbose_name='code')),
                ('expires', models.DateTimeField(verbose_name='expires')),
                ('redirect_uri', models.TextField(verbose_name='redirect URI')),
                ('scope', models.TextField(blank=True, verbose_name='scope')),
                ('created', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated', models.DateTimeField(auto_now=True, verbose_name='updated')),
                ('code_challenge', models.CharField(blank=True, default='', max_length=128, verbose_name='code challenge')),
                ('code_challenge_method', models.CharField(blank=True, choices=[('plain', 'plain'), ('S256', 'S256')], default='', max_length=10, verbose_name='code challenge method')),
                ('nonce', models.CharField(blank=True, default='', max_length=255, verbose_name='nonce')),
                ('claims', models.TextField(blank=True, verbose_name='claims')),
                ('resource', oauth2_provider.models.ResourceJSONField(blank=True, default=list, verbose_name='resource')),
                ('spent', models.DateTimeField(blank=True, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='%(app_label)s_%(class)s', to=settings.AUTH_USER_MODEL, verbose_name='user')),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL, verbose_name='application')),
                ('grant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='codes', to='consent.grant')),
            ],
            options={
                'verbose_name': 'authorization code',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='GrantEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=cdsc_portal.lib.time.clock.now)),
                ('from_status', models.CharField(blank=True, max_length=20)),
                ('to_status', models.CharField(max_length=20)),
                ('actor', models.CharField(choices=[('customer', 'customer'), ('link', 'receipt link'), ('client', 'third party'), ('staff', 'utility staff'), ('system', 'system')], max_length=10)),
                ('reason', models.TextField(blank=True)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('grant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='consent.grant')),
            ],
            options={
                'ordering': ['grant', 'at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='GrantPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.CharField(max_length=60)),
                ('position', models.PositiveSmallIntegerField()),
                ('window_start', models.DateTimeField(blank=True, null=True)),
                ('window_end', models.DateTimeField(blank=True, null=True)),
                ('access_ends', models.DateTimeField(blank=True, null=True)),
                ('future_accounts', models.ManyToManyField(blank=True, help_text='services added later join from here', related_name='future_grant_parts', to='accounts.billingaccount')),
                ('grant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='consent.grant')),
            ],
            options={
                'ordering': ['grant', 'position'],
            },
        ),
        migrations.CreateModel(
            name='IDToken',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('jti', models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name='JWT Token ID')),
                ('expires', models.DateTimeField(verbose_name='expires')),
                ('scope', models.TextField(blank=True, verbose_name='scope')),
                ('created', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated', models.DateTimeField(auto_now=True, verbose_name='updated')),
                ('application', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL, verbose_name='application')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='%(app_label)s_%(class)s', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'ID token',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='AccessToken',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('token', models.TextField(verbose_name='token')),
                ('token_checksum', oauth2_provider.models.TokenChecksumField(db_index=True, max_length=64, unique=True, verbose_name='token checksum')),
                ('expires', models.DateTimeField(verbose_name='expires')),
                ('scope', models.TextField(blank=True, verbose_name='scope')),
                ('resource', oauth2_provider.models.ResourceJSONField(blank=True, default=list, verbose_name='resource')),
                ('created', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated', models.DateTimeField(auto_now=True, verbose_name='updated')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='%(app_label)s_%(class)s', to=settings.AUTH_USER_MODEL, verbose_name='user')),
                ('application', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL, verbose_name='application')),
                ('grant', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='access_tokens', to='consent.grant')),
                ('id_token', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='access_token', to=settings.OAUTH2_PROVIDER_ID_TOKEN_MODEL, verbose_name='ID token')),
            ],
            options={
                'verbose_name': 'access token',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='OutgoingMail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=40)),
                ('dedup_key', models.CharField(max_length=100, unique=True)),
                ('to', models.EmailField(max_length=254)),
                ('language', models.CharField(max_length=5)),
                ('subject', models.CharField(max_length=200)),
                ('text', models.TextField()),
                ('html', models.TextField()),
                ('created', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_attempt', models.DateTimeField(default=cdsc_portal.lib.time.clock.now)),
                ('error', models.CharField(blank=True, max_length=300)),
                ('grant', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='mails', to='consent.grant')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-created'],
            },
        ),
        migrations.CreateModel(
            name='Receipt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(default=cdsc_portal.lib.db.public_ids.new_reference, editable=False, max_length=12, unique=True)),
                ('key', models.CharField(default=cdsc_portal.lib.db.public_ids.new_secret, editable=False, max_length=64, unique=True)),
                ('created', models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False)),
                ('facts', models.JSONField()),
                ('personal', models.JSONField(default=dict)),
                ('grant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='receipts', to='consent.grant')),
                ('superseded_by', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='supersedes', to='consent.receipt')),
            ],
            options={
                'ordering': ['-created'],
            },
        ),
        migrations.CreateModel(
            name='RefreshToken',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('token', models.TextField(verbose_name='token')),
                ('token_checksum', oauth2_provider.models.TokenChecksumField(max_length=64, verbose_name='token checksum')),
                ('token_family', models.UUIDField(blank=True, editable=False, null=True, verbose_name='token family')),
                ('resource', oauth2_provider.models.ResourceJSONField(blank=True, default=list, verbose_name='resource')),
                ('created', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated', models.DateTimeField(auto_now=True, verbose_name='updated')),
                ('revoked', models.DateTimeField(null=True, verbose_name='revoked')),
                ('access_token', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='refresh_token', to=settings.OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL, verbose_name='access token')),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL, verbose_name='application')),
                ('grant', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='refresh_tokens', to='consent.grant')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='%(app_label)s_%(class)s', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'refresh token',
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='accesstoken',
            name='source_refresh_token',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='refreshed_access_token', to=settings.OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL, verbose_name='source refresh token'),
        ),
        migrations.CreateModel(
            name='Selection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='selections', to='accounts.servicecontract')),
                ('part', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='selections', to='consent.grantpart')),
            ],
        ),
        migrations.AddField(
            model_name='grantpart',
            name='contracts',
            field=models.ManyToManyField(related_name='grant_parts', through='consent.Selection', to='accounts.servicecontract'),
        ),
        migrations.CreateModel(
            name='DeviceGrant',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('device_code', models.CharField(max_length=100, verbose_name='device code')),
                ('user_code', models.CharField(max_length=100, verbose_name='user code')),
                ('scope', models.TextField(blank=True, verbose_name='scope')),
                ('interval', models.IntegerField(default=5, verbose_name='interval')),
                ('expires', models.DateTimeField(verbose_name='expires')),
                ('status', models.CharField(blank=True, choices=[('authorized', 'Authorized'), ('authorization-pending', 'Authorization pending'), ('expired', 'Expired'), ('denied', 'Denied')], default='authorization-pending', max_length=64, verbose_name='status')),
                ('client_id', models.CharField(db_index=True, max_length=100, verbose_name='client ID')),
                ('last_checked', models.DateTimeField(auto_now=True, verbose_name='last checked')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='%(app_label)s_%(class)s', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'device grant',
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('device_code',), name='consent_devicegrant_unique_device_code')],
            },
        ),
        migrations.AddIndex(
            model_name='grant',
            index=models.Index(fields=['user', 'status'], name='grant_of_user'),
        ),
        migrations.AddIndex(
            model_name='grant',
            index=models.Index(fields=['status', 'access_ends'], name='grant_ending'),
        ),
        migrations.AddIndex(
            model_name='disclosure',
            index=models.Index(fields=['grant', '-released_at'], name='disclosure_of_grant'),
        ),
        migrations.AddIndex(
            model_name='consentrequest',
            index=models.Index(fields=['status', 'expires'], name='request_waiting'),
        ),
        migrations.AddIndex(
            model_name='outgoingmail',
            index=models.Index(condition=models.Q(('sent_at__isnull', True)), fields=['next_attempt'], name='mail_to_send'),
        ),
        migrations.AddIndex(
            model_name='refreshtoken',
            index=models.Index(fields=['token_family'], name='consent_ref_token_f_ddcde0_idx'),
        ),
        migrations.AlterUniqueTogether(
            name='refreshtoken',
            unique_together={('token_checksum', 'revoked')},
        ),
        migrations.AddConstraint(
            model_name='selection',
            constraint=models.UniqueConstraint(fields=('part', 'contract'), name='contract_once_in_a_part'),
        ),
        migrations.AddConstraint(
            model_name='grantpart',
            constraint=models.UniqueConstraint(fields=('grant', 'scope'), name='scope_once_in_a_grant'),
        ),
        migrations.AddConstraint(
            model_name='grantpart',
            constraint=models.CheckConstraint(condition=models.Q(('window_start__isnull', True), ('window_end__isnull', True), ('window_end__gte', models.F('window_start')), _connector='OR'), name='part_end_not_before_start'),
        ),
    ]
