"""Logs say what happened, to which public id; never a name, an address, a reading, a token or a query string.

Messages and locals of exceptions may hold any of those, so a traceback is kept as places only.
"""

import logging
import sys
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from cdsc_portal.lib.json.encoder import dumps

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


class PlacesOnlyFormatter(logging.Formatter):
    """Lines of the libraries: level, logger, message; of an exception its type and the places it passed."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the name is logging's
        return " < ".join([ei[0].__name__, *_places(ei[2])])


class JsonFormatter(PlacesOnlyFormatter):
    """The same as a line of JSON, as structlog writes ours."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "timestamp": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        if record.exc_info and record.exc_info[0]:
            line |= {"exception": record.exc_info[0].__name__, "places": _places(record.exc_info[2])}
        return dumps(line).decode()


class WithoutValues(logging.Filter):
    """Libraries put exceptions and addresses into messages; keep what task or status it was, drop the rest."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name == "celery.app.trace" and isinstance(record.args, dict):
            record.msg, record.args = (
                "task %(name)s[%(id)s]: %(event)s",
                {
                    "name": record.args.get("name"),
                    "id": record.args.get("id"),
                    "event": str(record.args.get("description", "ended")),
                },
            )
        elif record.name.startswith("django.request"):
            record.msg, record.args = f"answered {getattr(record, 'status_code', 500)}", ()
        return True


def places_of_exception(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Replace exc_info by the exception's type and the places it passed, innermost last."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    elif isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if info and info[0]:
        event["exception"], event["places"] = info[0].__name__, _places(info[2])
    return event


def configure(*, development: bool) -> dict[str, Any]:
    """Set up structlog; returns Django's LOGGING."""
    renderer: Processor = (
        structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"])
        if development
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            places_of_exception,
            renderer,
        ],
        cache_logger_on_first_use=not development,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"without_values": {"()": WithoutValues}},
        "formatters": {
            "line": {
                "()": PlacesOnlyFormatter if development else JsonFormatter,
                "format": "%(levelname)s %(name)s %(message)s",
            }
        },
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["without_values"]}
        },
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {
            "django": {"handlers": ["console"], "level": "ERROR", "propagate": False},
            "celery": {"handlers": ["console"], "level": "INFO", "propagate": False},
            "gunicorn.error": {"handlers": ["console"], "level": "INFO", "propagate": False},
        },
    }


def _places(traceback: TracebackType | None) -> list[str]:
    places = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        places.append(
            f"{traceback.tb_frame.f_globals.get('__name__', '?')}:{traceback.tb_lineno} {code.co_name}"
        )
        traceback = traceback.tb_next
    return places
