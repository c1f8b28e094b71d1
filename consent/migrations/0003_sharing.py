from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("consent", "0002_oauth_token_families")]
    operations = [
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
