"""Disclosures by what their readers see: the number is the instant of the release."""

from datetime import UTC, datetime, timedelta

from dateutil.relativedelta import relativedelta

from cdsc_portal.lib.time.ranges import Span

_UNITS = (  # so many digits, as they are written, what they name
    (20, "%Y%m%d%H%M%S%f", timedelta(microseconds=1)),
    (14, "%Y%m%d%H%M%S", timedelta(seconds=1)),
    (12, "%Y%m%d%H%M", timedelta(minutes=1)),
    (10, "%Y%m%d%H", timedelta(hours=1)),
    (8, "%Y%m%d", timedelta(days=1)),
    (6, "%Y%m", relativedelta(months=1)),
    (4, "%Y", relativedelta(years=1)),
)


def period_of_number(beginning: str) -> Span | None:
    """When disclosures were released whose number begins so, by the last whole unit of it; None where none can be."""
    digits = beginning.strip().replace("-", "")
    if not (digits.isascii() and digits.isdigit()):
        return None
    for count, written, unit in _UNITS:
        if len(digits) >= count:
            try:
                start = datetime.strptime(digits[:count], written).replace(tzinfo=UTC)
                return Span(start, start + unit)
            except (ValueError, OverflowError):
                return None
    return None
