from django.conf import settings
import django.db.models.deletion
from django.db import migrations, models

from cdsc_portal.lib.db.append_only import ErasureFunction, RetentionFunction

_PERMISSIONS = """
    UPDATE auth_permission SET codename = replace(codename, '{old}', '{new}'), name = replace(name, '{old_words}', '{new_words}')
    WHERE codename IN ('add_{old}', 'view_{old}')
"""
_DROP = "DROP FUNCTION erase_staff_looks(bigint[]); DROP FUNCTION delete_staff_looks(timestamptz)"


class Migration(migrations.Migration):
    """Words of the field for what a newcomer could not guess. Before the first release only: nothing older serves."""

    dependencies = [("accounts", "0021_names_for_staff"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [
        migrations.RenameModel("LoadMark", "LoadWatermark"),
        migrations.RenameModel("StaffLook", "SupportSession"),
        migrations.RunSQL(
            _PERMISSIONS.format(
                old="stafflook", new="supportsession", old_words="staff look", new_words="support session"
            ),
            _PERMISSIONS.format(
                old="supportsession", new="stafflook", old_words="support session", new_words="staff look"
            ),
        ),
        # their bodies name the table
        migrations.RunSQL(_DROP, migrations.RunSQL.noop),
        ErasureFunction("support_sessions", table="accounts_supportsession", blanks={"reason": "''"}),
        RetentionFunction("support_sessions", table="accounts_supportsession", since="at"),
        migrations.RenameIndex(
            "SupportSession", new_name="support_session_of_customer", old_name="staff_look_of_customer"
        ),
        migrations.RenameIndex("SupportSession", new_name="support_session_of_visit", old_name="staff_look_of_visit"),
        migrations.AlterField(
            "SupportSession",
            "customer",
            models.ForeignKey(
                "accounts.customer",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="support_sessions",
                verbose_name="customer",
            ),
        ),
        migrations.AlterModelOptions(
            "SupportSession",
            options={
                "default_permissions": ("add", "view"),
                "ordering": ["-at", "-pk"],
                "verbose_name": "support session",
                "verbose_name_plural": "support sessions",
            },
        ),
    ]
