"""Django's own, which looks for changes of the database alone."""

from django.core.management.commands.migrate import Command as Django

from cdsc_portal.lib.db.schema_changes import SchemaChanges


class Command(Django):
    autodetector = SchemaChanges
