from django.db import migrations

# Functions that migrations of before made, as a superuser, name their exception in the head; whoever restores as the
# owner of the database could not make them again. The setting moves into the body, as append_only.py writes it now.
_INTO_THE_BODY = r"""
DO $$
DECLARE
    each record;
    definition text;
BEGIN
    FOR each IN SELECT pg_proc.oid, substring(setting FROM 'append_only.exception=(.*)') AS exception
                FROM pg_proc, unnest(proconfig) AS setting
                WHERE pronamespace = 'public'::regnamespace AND setting LIKE 'append_only.exception=%' LOOP
        definition := pg_get_functiondef(each.oid);
        definition := regexp_replace(definition, E'\n SET "append_only.exception" TO ''\\w+''', '');
        definition := regexp_replace(definition, '\mBEGIN\M', format(
            'BEGIN PERFORM set_config(''append_only.exception'', %L, true);', each.exception));
        definition := regexp_replace(definition, '((RETURN [\w +]+;)?\s*END\s*\$function\$)',
            'PERFORM set_config(''append_only.exception'', '''', true); \1');
        EXECUTE definition;
    END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    """What may change proof says so within its function, so that no superuser is needed to make it."""

    dependencies = [("consent", "0033_refused_calls")]

    operations = [migrations.RunSQL(_INTO_THE_BODY, migrations.RunSQL.noop)]
