import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("consent", "0002_oauth_token_families"), ("accounts", "0004_link_changes")]
    operations = [
        migrations.CreateModel(
            name="TakenOut",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("at", models.DateTimeField()),
                (
                    "contract",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="taken_out",
                        to="accounts.servicecontract",
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="taken_out", to="consent.grant"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("grant", "contract"), name="taken_out_once_of_a_grant")
                ],
            },
        ),
        migrations.AddField(
            "grantevent",
            "change",
            models.CharField(
                blank=True,
                choices=[
                    ("narrowed", "shared less"),
                    ("owner_stopped", "another owner took out what they own"),
                    ("owner_left", "an owner who left took the account along"),
                ],
                default="",
                db_default="",
                max_length=20,
            ),
        ),
        migrations.AddField(
            "grantevent",
            "public_reason",
            models.TextField(blank=True, default="", db_default="", verbose_name="reason as the customer reads it"),
        ),
        migrations.AlterField(
            "grantevent", "reason", models.TextField(blank=True, verbose_name="internal note")
        ),
        migrations.AddField(
            "grantpart",
            "later_since",
            models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            "receipt",
            "form_token",
            models.CharField(blank=True, editable=False, max_length=64, null=True, unique=True),
        ),
    ]
