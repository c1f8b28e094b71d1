from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("datahub", "0010_downloads")]
    operations = [
        migrations.AddField(
            model_name="billstatement",
            name="replaces",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=models.deletion.SET_NULL,
                related_name="replaced_by",
                to="datahub.billstatement",
            ),
        ),
    ]
