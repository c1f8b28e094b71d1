"""What goes through the logs leaves no personal value, token or reading behind."""

import json
import logging

import structlog

from cdsc_portal.logs import JsonFormatter, PlacesOnlyFormatter, WithoutValues

SECRETS = ("marta@example.com", "token-of-marta", "312.5 kWh")


def _fails() -> None:
    name, token, reading = SECRETS
    raise ValueError(f"{name} {token} {reading}")


def test_an_exception_is_logged_as_type_and_places(capsys):
    try:
        _fails()
    except ValueError:
        structlog.get_logger().error("feed_run.failed", run="abc", exc_info=True)

    line = capsys.readouterr().out
    assert "feed_run.failed" in line
    assert "ValueError" in line
    assert "_fails" in line
    assert not [secret for secret in SECRETS if secret in line]


def test_lines_of_libraries_hold_no_message_of_an_exception():
    try:
        _fails()
    except ValueError as error:
        record = logging.LogRecord(
            "celery.app.trace", logging.ERROR, "", 0, "Task %(name)s[%(id)s] %(description)s: %(exc)s",
            ({"name": "datahub.run_feed", "id": "1", "description": "raised unexpected", "exc": repr(error)},),
            (type(error), error, error.__traceback__),
        )  # fmt: skip

    WithoutValues().filter(record)
    line = PlacesOnlyFormatter("%(message)s").format(record)

    assert "datahub.run_feed" in line
    assert "_fails" in line
    assert not [secret for secret in SECRETS if secret in line]


def test_an_address_that_was_asked_for_is_not_logged():
    record = logging.LogRecord(
        "django.request", logging.ERROR, "", 0, "Not Found: %s", ("/receipts/key/",), None
    )
    record.status_code = 404

    WithoutValues().filter(record)

    assert record.getMessage() == "answered 404"


def test_lines_of_libraries_are_json_in_production_and_hold_no_message_of_an_exception():
    try:
        _fails()
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
        record = logging.LogRecord("gunicorn.error", logging.ERROR, "", 0, "Worker %s ended", ("7",), info)

    line = json.loads(JsonFormatter().format(record))

    assert (line["level"], line["logger"], line["event"], line["exception"]) == (
        "error", "gunicorn.error", "Worker 7 ended", "ValueError",
    )  # fmt: skip
    assert line["timestamp"].endswith("Z") and "_fails" in line["places"][-1]
    assert not [secret for secret in SECRETS if secret in json.dumps(line)]
