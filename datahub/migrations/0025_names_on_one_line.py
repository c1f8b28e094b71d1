"""Names stand on one line; nothing in the database changes."""

import cdsc_portal.lib.text.one_line
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("datahub", "0024_run_names_skipped_files"),
    ]

    operations = [
        migrations.AlterField(
            model_name='feed',
            name='name',
            field=models.CharField(max_length=100, unique=True, validators=[cdsc_portal.lib.text.one_line.validate_one_line]),
        ),
        migrations.AlterField(
            model_name='stafftoken',
            name='label',
            field=models.CharField(max_length=100, validators=[cdsc_portal.lib.text.one_line.validate_one_line], verbose_name='what uses it'),
        ),
    ]
