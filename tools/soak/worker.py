"""The worker that the soak kills: the real one, with its CSV in small blocks, so that more can be interrupted."""

from cdsc_portal.celery import app as app
from datahub.feeds.formats.csv import line_blocks

line_blocks.BLOCK_BYTES = 64 << 10
