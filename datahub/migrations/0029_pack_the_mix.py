"""Every series of shares into its blocks, one transaction a series: `datahub/store/mix_blocks.py`, as it was."""

from django.db import migrations, transaction

_SAME = """{0}.series = %s AND {0}.key = %s AND {0}.region = %s AND {0}.contract_id IS NOT DISTINCT FROM %s"""
_SERIES = "SELECT DISTINCT series, key, region, contract_id FROM datahub_mixshare"
# the row is the lock of a series, and of what is written later `at` is later than `packed`
_LOCK = """
    INSERT INTO datahub_mixload (series, key, region, contract_id, at) VALUES (%s, %s, %s, %s, now())
    ON CONFLICT (series, key, region, contract_id) DO UPDATE SET at = datahub_mixload.at
"""
_CLEAR = f"DELETE FROM datahub_mixblock block WHERE {_SAME.format('block')}"
_PACK = f"""
    INSERT INTO datahub_mixblock (series, key, region, contract_id,
        day, source, seconds, method, provisional, worked_out, count, starts, modified, shares)
    SELECT series, key, region, contract_id, (start AT TIME ZONE 'UTC')::date,
        source, seconds, method, provisional, worked_out, count(*),
        string_agg(timestamptz_send(start), ''::bytea ORDER BY start),
        string_agg(timestamptz_send(modified), ''::bytea ORDER BY start),
        string_agg(int8send(coalesce((share * 10000000000)::bigint, -1)), ''::bytea ORDER BY start)
    FROM datahub_mixshare share WHERE {_SAME.format("share")}
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
"""
_PACKED = f"UPDATE datahub_mixload load SET packed = at WHERE {_SAME.format('load')}"


def pack(apps, schema_editor):
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        cursor.execute(_SERIES)
        for name in cursor.fetchall():
            with transaction.atomic(using=connection.alias):
                for statement in (_LOCK, _CLEAR, _PACK, _PACKED):
                    cursor.execute(statement, name)


class Migration(migrations.Migration):
    atomic = False  # loads go on meanwhile

    dependencies = [("datahub", "0028_mix_by_day")]

    operations = [migrations.RunPython(pack, migrations.RunPython.noop, elidable=True)]
