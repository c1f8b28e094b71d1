"""The server a utility runs so that its customers share exactly what they choose."""

from cdsc_portal.celery import app as celery_app

__all__ = ["celery_app"]
