from django.db import migrations

# Each load marks its channels: with room for a second version of each row, that row stays on its page and no index is
# written. Pages that are full get room as they are vacuumed.
ROOM = "ALTER TABLE datahub_channel SET (fillfactor = 45)"
NO_ROOM = "ALTER TABLE datahub_channel RESET (fillfactor)"


class Migration(migrations.Migration):
    dependencies = [("datahub", "0012_mix_sources")]
    operations = [migrations.RunSQL(ROOM, NO_ROOM)]
