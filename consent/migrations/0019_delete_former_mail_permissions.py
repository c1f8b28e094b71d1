"""Mail is a table of accounts now; what staff could once be given for consent's own table opens nothing."""

from django.db import migrations


def delete_permissions(apps, schema_editor):
    permissions = apps.get_model("auth", "Permission").objects
    permissions.filter(content_type__app_label="consent", content_type__model="outgoingmail").delete()


class Migration(migrations.Migration):

    dependencies = [("consent", "0018_drop_former_mail"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [migrations.RunPython(delete_permissions, migrations.RunPython.noop, elidable=True)]
