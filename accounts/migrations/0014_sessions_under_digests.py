from django.db import migrations, models


class Migration(migrations.Migration):
    """Sessions move to a table that knows them by digests; those of before stand there with ids that open them."""

    dependencies = [
        ("accounts", "0013_append_only"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Session",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("data", models.TextField()),
                ("expires", models.DateTimeField(db_index=True)),
            ],
            options={"default_permissions": ()},
        ),
        migrations.RunSQL("DELETE FROM django_session", reverse_sql=migrations.RunSQL.noop),
    ]
