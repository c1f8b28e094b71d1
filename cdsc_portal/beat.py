"""Beat's scheduler: the one of the database, that leaves a sign with each of its rounds, every five seconds at most."""

from typing import Any

from django.conf import settings
from django_celery_beat.schedulers import DatabaseScheduler

from cdsc_portal.lib.runtime.alive_sign import note_alive


class Scheduler(DatabaseScheduler):
    def tick(self, *arguments: Any, **options: Any) -> Any:
        note_alive(settings.ALIVE_SIGN)
        return super().tick(*arguments, **options)
