"""What a web server loads. It does not load where the database opens more than the journal of consents allows."""

import os
import sys

from django.core.wsgi import get_wsgi_application

from cdsc_portal.env import CANNOT_BOOT

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdsc_portal.settings")

application = get_wsgi_application()

from cdsc_portal.restored import why_not_to_serve  # noqa: E402 - needs the settings

if reason := why_not_to_serve():
    print(f"Cannot start: {reason}", file=sys.stderr, flush=True)
    sys.exit(CANNOT_BOOT)
