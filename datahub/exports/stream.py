"""A usage file as a stream: bounded memory whatever its length, and asked of the gate before each chunk."""

from collections.abc import Callable, Collection, Iterator

import structlog
from django.db import transaction

from cdsc_portal.lib import clock
from cdsc_portal.lib.ranges import Span
from consent.access import Access
from datahub.exports.base import BrokenOffError, UsageFile
from datahub.exports.csv import UsageCsv
from datahub.exports.green_button import GreenButton
from datahub.exports.json import UsageJson
from datahub.queries.coverage import Coverage, coverage
from datahub.queries.summed_usage import spans_in_window
from datahub.queries.sums import KnownReadings, known_readings
from datahub.queries.usage import usage
from datahub.queries.usage_facts import usage_facts

RESOURCE = "usage_data"
FORMS: dict[str, type[UsageFile]] = {form.suffix: form for form in (UsageCsv, UsageJson, GreenButton)}

log = structlog.get_logger()


def usage_stream(
    file: UsageFile,
    reopen: Callable[[], Access | None],
    *,
    services: Collection[str] | None,
    asked: Span,
    meter: int | None = None,
) -> Iterator[bytes]:
    """All readings of `asked` that the access opens, cut as everywhere.

    `meter` is the key of the only one whose readings count; None = all. `reopen` asks the gate, in the transaction of
    each chunk. Raises BrokenOffError in the middle if it then opens nothing or something else, so that the server
    breaks the connection off and the file lacks its end.
    """
    parts, after, first = None, None, True
    while first or after is not None:
        with transaction.atomic():
            access = reopen()
            if access is None or (not first and access.parts_for(RESOURCE) != parts):
                log.info("usage_file.broken_off")
                raise BrokenOffError
            parts = access.parts_for(RESOURCE)
            page = usage(coverage(access, RESOURCE, services=services, asked=asked), after=after)
        if first:
            yield file.begin()
        yield from file.chunk([one for one in page.items if meter in (None, one.channel.meter_id)])
        file.readings += page.values
        first, after = False, page.resume
    yield file.end()


def counted_stream(
    form: str, window: Span, reopen: Callable[[], Access | None]
) -> Iterator[tuple[bytes, int]]:
    """The pieces of a file of `window`, each with how many readings are written by then. Raises BrokenOffError."""
    file = FORMS[form](window=window, at=clock.now())
    for piece in usage_stream(file, reopen, services=None, asked=window):
        yield piece, file.readings


def known_values(covered: Coverage) -> KnownReadings:
    """The readings with a value that a file of all that is covered holds. Five statements at most."""
    facts = usage_facts(covered.spans.keys())
    return known_readings(spans_in_window(covered, facts), facts.channels)
