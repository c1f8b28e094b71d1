import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('consent', '0030_disclosures_by_month'),
    ]

    operations = [
        migrations.AddField(
            model_name='client',
            name='calls_per_minute',
            field=models.PositiveIntegerField(blank=True, help_text='With the tokens of all its grants; empty: as the server\'s settings say.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='calls for data a minute'),
        ),
        migrations.AddField(
            model_name='client',
            name='grant_calls_per_minute',
            field=models.PositiveIntegerField(blank=True, help_text='With the tokens of one grant; empty: as the server\'s settings say.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='calls for data a minute of each grant'),
        ),
    ]
