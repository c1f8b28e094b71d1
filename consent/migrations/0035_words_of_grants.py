from django.db import migrations

# As consent/queries/grant_listing.py asks: the words of the scope and the types of the details, in one array. Counted
# from a large sample: the planner must know a rare word from a common one, which it cannot within JSON.
_WORDS = """(
    string_to_array(COALESCE(requested_scope, scope), ' ')
    || string_to_array(translate(jsonb_path_query_array(
        COALESCE(requested_details, authorization_details), '$[*].type')::text, '[]" ', ''), ',')
)"""


def _dropped(index: str, expression: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"DROP INDEX CONCURRENTLY IF EXISTS {index}",
        f"CREATE INDEX CONCURRENTLY {index} ON consent_grant USING gin ({expression})",
    )


class Migration(migrations.Migration):
    """One index finds the grants that name a scope, on either side, and tells the planner how many there are."""

    atomic = False
    dependencies = [("consent", "0034_exceptions_without_superuser")]

    operations = [
        # without a lock against writers; what an attempt that was broken off left goes first
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS grant_words", migrations.RunSQL.noop),
        migrations.RunSQL(
            f"CREATE INDEX CONCURRENTLY grant_words ON consent_grant USING gin ({_WORDS})",
            "DROP INDEX CONCURRENTLY grant_words",
        ),
        migrations.RunSQL(
            "ALTER INDEX grant_words ALTER COLUMN 1 SET STATISTICS 1000", migrations.RunSQL.noop
        ),
        _dropped("grant_scope_words", "(string_to_array(COALESCE(requested_scope, scope), ' '))"),
        _dropped(
            "grant_detail_types",
            "(jsonb_path_query_array(COALESCE(requested_details, authorization_details), '$[*].type'))",
        ),
    ]
