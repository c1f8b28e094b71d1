from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("consent", "0008_append_only")]
    operations = [
        migrations.AddField(
            model_name="disclosure",
            name="data_start",
            field=models.DateTimeField(blank=True, null=True, verbose_name="start of the first value"),
        ),
        migrations.AddField(
            model_name="disclosure",
            name="data_end",
            field=models.DateTimeField(blank=True, null=True, verbose_name="end of the last value"),
        ),
    ]
