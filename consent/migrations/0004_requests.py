from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("consent", "0003_sharing")]

    operations = [
        migrations.AddField(
            model_name="client",
            name="all_or_nothing",
            field=models.BooleanField(
                db_default=False,
                default=False,
                verbose_name="its requests are shared whole or not at all",
            ),
        ),
        migrations.AddField(
            model_name="consentrequest",
            name="handed_over",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
