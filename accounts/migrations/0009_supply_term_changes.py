"""Changes of supply terms are recorded, too. Words only: the database keeps its table as it is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_people_invited")]

    operations = [
        migrations.AlterField(
            model_name="linkchange",
            name="kind",
            field=models.CharField(
                choices=[
                    ("contract_point", "contract at a point"),
                    ("meter_point", "meter at a point"),
                    ("contract", "a contract's own dates"),
                    ("supply_term", "a supply term's dates"),
                ],
                max_length=20,
            ),
        ),
    ]
