from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('consent', '0026_listed_grants'),
    ]

    operations = [
        migrations.AddField(
            model_name='disclosure',
            name='resolution',
            field=models.CharField(blank=True, db_default='', default='', max_length=10, verbose_name='resolution'),
        ),
    ]
