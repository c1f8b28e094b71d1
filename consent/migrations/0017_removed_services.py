from django.db import migrations, models
import django.db.models.deletion


class Migration(migrations.Migration):
    """A word of the field. Before the first release only: nothing older serves."""

    dependencies = [("consent", "0016_names_for_staff")]

    operations = [
        migrations.RenameModel("TakenOut", "RemovedService"),
        migrations.AlterField(
            "RemovedService",
            "grant",
            models.ForeignKey(
                "consent.grant",
                on_delete=django.db.models.deletion.CASCADE,
                related_name="removed_services",
                verbose_name="grant",
            ),
        ),
        migrations.AlterField(
            "RemovedService",
            "contract",
            models.ForeignKey(
                "accounts.servicecontract",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="removed_services",
                verbose_name="contract",
            ),
        ),
    ]
