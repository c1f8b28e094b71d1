"""`cdsc-portal`: the processes of the server, and every command of `manage.py`.

cdsc-portal web [--bind ADDRESS ...]              gunicorn, as production, demo and tests run it
cdsc-portal worker --queues NAME [...]            a Celery worker
cdsc-portal beat                                  the clock of the tasks; once only
cdsc-portal migrate | check | backup | restore | verify | ... | help
"""

import os
import sys

# a process becomes the program, so that signals of who started it reach it
PROCESSES = {
    "web": ["gunicorn", "--config", "python:cdsc_portal.gunicorn_config"],
    "worker": ["celery", "-A", "cdsc_portal", "worker"],
    "beat": ["celery", "-A", "cdsc_portal", "beat"],
}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdsc_portal.settings")
    name, rest = (sys.argv[1:2] or ["help"])[0], sys.argv[2:]
    if name in PROCESSES:
        os.execv(sys.executable, [sys.executable, "-m", *PROCESSES[name], *rest])  # noqa: S606 - no shell
    from django.core.management import execute_from_command_line

    execute_from_command_line([sys.argv[0], name, *rest])
