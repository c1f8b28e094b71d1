"""The history tells when an invitation was sent again; the database holds the same column."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0011_grid_placements"),
    ]

    operations = [
        migrations.AlterField(
            model_name="roleevent",
            name="verb",
            field=models.CharField(
                choices=[
                    ("invited", "invited"),
                    ("sent_again", "invitation sent again"),
                    ("withdrawn", "invitation withdrawn"),
                    ("joined", "accepted"),
                    ("changed", "changed"),
                    ("ended", "ended by an owner"),
                    ("left", "left"),
                ],
                max_length=10,
            ),
        ),
    ]
