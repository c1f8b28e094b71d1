"""The Celery application; its settings are Django's, under the prefix CELERY_."""

import os

from celery import Celery
from celery.signals import worker_init

from cdsc_portal.lib.runtime.malloc import limit_arenas

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdsc_portal.settings")

app = Celery("cdsc_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect(dispatch_uid="limit_arenas")
def limit_arenas_of_worker(**_signal: object) -> None:
    """Workers load files; their pool is forked after this signal and inherits the setting. Web processes never do."""
    limit_arenas()
