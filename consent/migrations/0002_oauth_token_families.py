from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        # while there are few models: some hundred changes of its fields build all models anew, one after the other
        ('oauth2_provider', '0022_refreshtoken_token_family_index'),
        ('consent', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='accesstoken',
            name='token_family',
            field=models.UUIDField(db_index=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='authorizationcode',
            name='token_family',
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='refreshtoken',
            name='rotated',
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
