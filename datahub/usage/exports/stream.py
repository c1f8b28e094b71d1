"""A usage file as a stream: bounded memory whatever its length. The gate is checked again and again while it leaves:
before each read of the store, and while what was read leaves, as often as `cdsc_portal.lib.http.checked_stream` says.
"""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime

import structlog
from django.db import transaction

from cdsc_portal.lib.http.checked_stream import CHECK_BYTES, CHECK_EVERY, PIECE_BYTES, BrokenOffError
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.ranges import Span, hull
from consent.access import Access
from consent.resolution import Resolution
from datahub.answers.coverage import Coverage, coverage
from datahub.usage.exports.base import UsageFile
from datahub.usage.exports.csv import UsageCsv
from datahub.usage.exports.green_button import GreenButton
from datahub.usage.exports.json import UsageJson
from datahub.usage.facts import usage_facts
from datahub.usage.plan import spans_in_window
from datahub.usage.segments import usage
from datahub.usage.sums import KnownReadings, known_readings

RESOURCE = "usage_data"
FORMS: dict[str, type[UsageFile]] = {form.suffix: form for form in (UsageJson, UsageCsv, GreenButton)}

log = structlog.get_logger()


class _Gate:
    """Asks whether the stream may go on. Raises BrokenOffError if it opens nothing, or not what it did."""

    def __init__(
        self, reopen: Callable[[], Access | None], recheck: Callable[[], Access | None] | None = None
    ) -> None:
        self._reopen, self._recheck = reopen, recheck or reopen
        self._parts: object = None
        self._checked_at: datetime | None = None
        self._sent = 0

    def ask(self) -> Access:
        """Inside a transaction: what it opens stays open until that ends."""
        return self._checked(self._reopen())

    def _checked(self, access: Access | None) -> Access:
        parts = access.parts_for(RESOURCE) if access else None
        if access is None or (self._checked_at is not None and parts != self._parts):
            log.info("usage_file.broken_off")
            raise BrokenOffError
        self._parts, self._checked_at, self._sent = parts, clock.now(), 0
        return access

    def passed(self, data: bytes) -> Iterator[bytes]:
        """`data` in pieces; the gate is checked before a piece where that is due."""
        for start in range(0, len(data), PIECE_BYTES):
            piece = data[start : start + PIECE_BYTES]
            late = self._checked_at is None or clock.now() - self._checked_at >= CHECK_EVERY
            if late or self._sent + len(piece) > CHECK_BYTES:
                self._checked(self._recheck())
            self._sent += len(piece)
            yield piece


def usage_stream(
    file: UsageFile,
    reopen: Callable[[], Access | None],
    *,
    recheck: Callable[[], Access | None] | None = None,
    services: Collection[str] | None,
    window: Span,
    meter: int | None = None,
) -> Iterator[bytes]:
    """All readings of `window` that the access opens, cut as everywhere.

    `meter` is the key of the only one whose readings count; None = all. `reopen` asks the gate in the transaction of
    the read that follows; `recheck` asks the same while what was read leaves, when there is nothing to hold. Raises
    BrokenOffError in the middle if either opens nothing or something else, so that the server breaks the connection off
    and the file lacks its end.
    """
    gate, after, first = _Gate(reopen, recheck), None, True
    while first or after is not None:
        with transaction.atomic():
            covered = coverage(gate.ask(), RESOURCE, services=services, window=window)
            page = usage(covered, after=after)
        if first:
            yield from gate.passed(file.begin())
        for data in file.chunk([item for item in page.items if meter in (None, item.channel.meter_id)]):
            yield from gate.passed(data)
        file.readings += page.values
        first, after = False, page.resume
    yield from gate.passed(file.end())


def counted_stream(
    form: str, window: Span, reopen: Callable[[], Access | None]
) -> Iterator[tuple[bytes, int]]:
    """The pieces of a file of `window`, each with how many readings are written by then. Raises BrokenOffError."""
    file = FORMS[form](window=window, at=clock.now())
    for piece in usage_stream(file, reopen, services=None, window=window):
        yield piece, file.readings


def _known_coarse(covered: Coverage) -> KnownReadings:
    count, spans, after, first = 0, list[Span](), None, True
    while first or after is not None:
        page = usage(covered, after=after)
        count, first, after = count + page.values, False, page.resume
        spans += [page.data] if page.data is not None else []
    return KnownReadings(count, hull(spans))


def known_values(covered: Coverage) -> KnownReadings:
    """The readings with a value that a file of all that is covered holds. Five statements at most.

    Coarser ones are counted as they leave, page by page.
    """
    if covered.resolution is not Resolution.AS_READ:
        return _known_coarse(covered)
    facts = usage_facts(covered.spans.keys(), only=covered.meters)
    return known_readings(spans_in_window(covered, facts), facts.channels)
