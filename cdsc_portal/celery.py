"""The Celery application; its settings are Django's, under the prefix CELERY_."""

import os

from celery import Celery
from celery.signals import heartbeat_sent, worker_init

from cdsc_portal.lib.runtime.alive_sign import note_alive
from cdsc_portal.lib.runtime.malloc import limit_arenas

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdsc_portal.settings")

app = Celery("cdsc_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect(dispatch_uid="limit_arenas")
def limit_arenas_of_worker(**_signal: object) -> None:
    """Workers load files; their pool is forked after this signal and inherits the setting. Web processes never do."""
    limit_arenas()


@heartbeat_sent.connect(dispatch_uid="note_alive")
def note_worker_alive(**_signal: object) -> None:
    """Every two seconds from the loop that takes messages, whatever its pool does; not while the broker is away."""
    from django.conf import settings

    note_alive(settings.ALIVE_SIGN)
