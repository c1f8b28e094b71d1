"""Names stand on one line; nothing in the database changes."""

import cdsc_portal.lib.text.one_line
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("consent", "0013_blank_sent_mail"),
    ]

    operations = [
        migrations.AlterField(
            model_name='message',
            name='name',
            field=models.CharField(max_length=200, validators=[cdsc_portal.lib.text.one_line.validate_one_line], verbose_name='subject'),
        ),
    ]
