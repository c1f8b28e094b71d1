"""The worker that the soak kills: the real one, with its CSV cut into small parts, so that more can be interrupted."""

from cdsc_portal.celery import app as app
from datahub.feeds.formats.csv import text

text.STRETCH_BYTES = 64 << 10
