from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy as _

from cdsc_portal.lib.time import clock
from datahub.feeds.loading.kind import Chunk, Kind, Outcome, Step
from datahub.feeds.loading.parking import load_or_park
from datahub.feeds.loading.usage import look_up, months_of
from datahub.rows.base import Part
from datahub.rows.usage import UsageRows


def _chunk_of(part: Part[Any]) -> Chunk:
    return Chunk(
        part.read,
        part.offset,
        part.rejected,
        load=_step(partial(load_or_park, rows=part.rows)),
        skipped=part.skipped,
        months=months_of(part.rows),
        look_up=partial(_looked_up, part.rows),
        meters=frozenset(number for rows in part.rows for number in rows.channels.meters),
    )


def _looked_up(rows: Sequence[UsageRows]) -> Step:
    return _step(partial(load_or_park, rows=rows, ahead=look_up(rows=rows, at=clock.now())))


def _step(load: Callable[..., Outcome]) -> Step:
    return lambda origin: load(origin=origin)


KIND = Kind(name="usage", title=_("meter readings"), chunk_of=_chunk_of)
