from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# as they were called when this was written; what each may do is given when migrations end, once permissions exist
_NAMES = ("support", "data", "onboarding", "administrator")


def make_groups(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    groups = apps.get_model("auth", "Group").objects
    for name in _NAMES:
        groups.get_or_create(name=name)


class Migration(migrations.Migration):
    """The groups of staff, by name: they stay when it is undone, people may be in them."""

    dependencies = [
        ("accounts", "0009_supply_term_changes"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop, elidable=False)]
