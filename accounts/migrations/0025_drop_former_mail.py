from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("accounts", "0024_move_mail")]

    operations = [
        migrations.DeleteModel(name="SignInMail"),
        migrations.RemoveIndex(model_name="user", name="user_to_invite"),
        migrations.RemoveField(model_name="user", name="invitation_due"),
    ]
