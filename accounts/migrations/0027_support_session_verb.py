import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# the log is append-only, and this is the same fact under another name
_RENAME = """
    ALTER TABLE accounts_staffaction DISABLE TRIGGER USER;
    UPDATE accounts_staffaction SET verb = '{new}' WHERE verb = '{old}';
    ALTER TABLE accounts_staffaction ENABLE TRIGGER USER;
"""


class Migration(migrations.Migration):
    """Staff's word for it is support session. Before the first release only: nothing older serves."""

    dependencies = [("accounts", "0026_seal_waiting_mail")]

    operations = [
        migrations.AlterField(
            "StaffAction",
            "verb",
            models.CharField(
                choices=[
                    ("add", "added"),
                    ("change", "changed"),
                    ("delete", "deleted"),
                    ("act", "did"),
                    ("session", "opened a support session"),
                    ("export", "took as a file"),
                ],
                max_length=10,
                verbose_name="verb",
            ),
        ),
        migrations.RunSQL(_RENAME.format(old="look", new="session"), _RENAME.format(old="session", new="look")),
        migrations.AlterField(
            "SupportSession",
            "person",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="person",
            ),
        ),
    ]
