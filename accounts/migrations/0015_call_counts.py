from django.db import migrations


class Migration(migrations.Migration):
    """Counts of calls in a minute (lib/call_limits): one statement each, exact however many come at once."""

    dependencies = [("accounts", "0014_sessions_under_digests")]

    operations = [
        migrations.RunSQL(
            """
            CREATE UNLOGGED TABLE call_count (
                caller bytea PRIMARY KEY,
                minute bigint NOT NULL,
                calls integer NOT NULL
            );
            """,
            "DROP TABLE call_count",
        )
    ]
