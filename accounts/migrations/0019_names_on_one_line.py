"""Names stand on one line; nothing in the database changes."""

import cdsc_portal.lib.text.one_line
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0018_second_step_links"),
    ]

    operations = [
        migrations.AlterField(
            model_name='billingaccount',
            name='name',
            field=models.CharField(blank=True, max_length=150, validators=[cdsc_portal.lib.text.one_line.validate_one_line], verbose_name="the customer's own name for it"),
        ),
        migrations.AlterField(
            model_name='customer',
            name='name',
            field=models.CharField(max_length=200, validators=[cdsc_portal.lib.text.one_line.validate_one_line]),
        ),
        migrations.AlterField(
            model_name='entity',
            name='abbreviation',
            field=models.CharField(blank=True, max_length=20, validators=[cdsc_portal.lib.text.one_line.validate_one_line]),
        ),
        migrations.AlterField(
            model_name='entity',
            name='name',
            field=models.CharField(max_length=150, unique=True, validators=[cdsc_portal.lib.text.one_line.validate_one_line]),
        ),
        migrations.AlterField(
            model_name='metername',
            name='name',
            field=models.CharField(max_length=150, validators=[cdsc_portal.lib.text.one_line.validate_one_line]),
        ),
        migrations.AlterField(
            model_name='program',
            name='name',
            field=models.CharField(max_length=150, validators=[cdsc_portal.lib.text.one_line.validate_one_line]),
        ),
        migrations.AlterField(
            model_name='servicecontract',
            name='name',
            field=models.CharField(blank=True, max_length=150, validators=[cdsc_portal.lib.text.one_line.validate_one_line], verbose_name="the customer's own name for it"),
        ),
        migrations.AlterField(
            model_name='supplyterm',
            name='tariff_name',
            field=models.CharField(max_length=150, validators=[cdsc_portal.lib.text.one_line.validate_one_line]),
        ),
        migrations.AlterField(
            model_name='user',
            name='name',
            field=models.CharField(blank=True, max_length=150, validators=[cdsc_portal.lib.text.one_line.validate_one_line]),
        ),
    ]
