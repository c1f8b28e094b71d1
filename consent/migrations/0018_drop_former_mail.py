from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("accounts", "0024_move_mail"), ("consent", "0017_removed_services")]

    operations = [migrations.DeleteModel(name="OutgoingMail")]
