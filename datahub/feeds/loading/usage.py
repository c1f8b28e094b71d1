"""Usage: readings of known meters into the store, the others handed back or rejected by line."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from itertools import zip_longest

import numpy as np
from django.db import transaction

from accounts.models import Commodity, MeterDevice
from datahub.feeds.loading.channels import (
    BEYOND,
    LONGEST_NAME,
    NO_METER,
    OTHER_COMMODITY,
    Found,
    Reach,
    channels_of,
    find_channels,
)
from datahub.feeds.loading.mix_days import leave_changed_use
from datahub.rows.base import Rejection
from datahub.rows.usage import ChannelKey, UsageColumns, UsageGrid, UsageRows, columns_of
from datahub.store.codec import DAY_SECONDS, Flags, Integers
from datahub.store.load import Loaded, load_rows, rows_of
from datahub.store.partitions import ensure_months
from datahub.store.tally import Origin

_FAR = 2**33  # epoch seconds, in the year 2242: what lies further is no time of the database, maybe


def make_room(*, rows: Iterable[UsageRows]) -> None:
    """Make the partitions that `rows` need, ahead of `load_usage` and in a transaction of its own."""
    ensure_months(months=months_of(rows))


def months_of(rows: Iterable[UsageRows]) -> frozenset[date]:
    """The first days of the months whose partitions `rows` need."""
    months: set[date] = set()
    for part in rows:
        days = part.starts // DAY_SECONDS
        days = np.unique(days[np.append(True, np.diff(days) != 0)] if len(days) else days)
        if isinstance(part, UsageGrid):
            length = (part.known.shape[1] * part.step - 1) // DAY_SECONDS + 1
            days = np.unique(days[:, None] + np.arange(length + 1))
        of = np.unique(days.astype("datetime64[D]").astype("datetime64[M]"))
        months.update(of.astype("datetime64[D]").tolist())
    return frozenset(months)


@transaction.atomic
def look_up(*, rows: Sequence[UsageRows], at: datetime) -> Sequence[Found]:
    """The channels of `rows`, as far as there are any, for `load_usage` a moment later; changes nothing."""
    return [find_channels(part.channels, _reach(part), at) for part in rows]


@transaction.atomic
def load_usage(
    *,
    rows: Sequence[UsageRows],
    origin: Origin,
    unknown: Callable[[UsageColumns], None] | None = None,
    ahead: Sequence[Found] = (),
) -> Loaded:
    """Load `rows`, a few queries however many; room for their days must have been made.

    `ahead` are their channels, where they were looked up. Raises IntegrityError where one has gone since.

    Readings of a meter that nobody knows go to `unknown` and are counted nowhere; without it they are rejected, as are
    those of a meter that measures another commodity.
    """
    whole = Loaded()
    for part, known in zip_longest(rows, ahead):
        found = channels_of(part.channels, _reach(part), origin.at, known)
        ids = found.ids
        if (ids == NO_METER).any() and unknown is not None:
            strange = columns_of(rows_of(part, ids == NO_METER))
            if strange.size:
                unknown(_without_others(strange))
            part = rows_of(part, ids != NO_METER)
        if (ids < 0).any():
            whole.rejected.extend(_refused(part, ids))
            part = rows_of(part, ids >= 0)
        if not part.size:
            continue
        loaded = load_rows(rows=part, ids=ids, settled=found.settled, origin=origin)
        whole.accepted += loaded.accepted
        whole.unchanged += loaded.unchanged
        whole.superseded += loaded.superseded
        whole.rejected.extend(loaded.rejected)
        whole.days.extend(loaded.days)
        whole.channels.extend(loaded.channels)
    leave_changed_use(whole.days, whole.channels, at=origin.at)
    return whole


def _reach(rows: UsageRows) -> Reach:
    if not rows.size:
        return BEYOND
    lengths = rows.known.shape[1] * rows.step if isinstance(rows, UsageGrid) else rows.durations
    longest = rows.step if isinstance(rows, UsageGrid) else int(rows.durations.max())
    reach = Reach(int(rows.starts.min()), int((rows.starts + lengths).max()), longest)
    return reach if reach.first >= 0 and reach.past <= _FAR else BEYOND


def _without_others(columns: UsageColumns) -> UsageColumns:
    """The same readings, with no channel that has none."""
    return UsageColumns.of(list(columns.series()))


def _refused(rows: UsageRows, ids: Integers) -> Iterable[Rejection]:
    """Every reading of a channel that has no key, with the reason."""
    refused: Flags = ids < 0
    columns = columns_of(rows_of(rows, refused))
    others = np.flatnonzero(ids == OTHER_COMMODITY).tolist()
    measured = _commodities({rows.channels[place].meter_number for place in others})
    reasons = {
        place: _reason(rows.channels[place], int(ids[place]), measured)
        for place in np.flatnonzero(refused).tolist()
    }
    for place, line in zip(columns.channel.tolist(), columns.lines.tolist(), strict=True):
        yield Rejection(line, reasons[place])


def _reason(key: ChannelKey, code: int, measured: dict[str, str]) -> str:
    if code == NO_METER:
        return f"meter {key.meter_number} is not known here"
    if code == OTHER_COMMODITY:
        said = Commodity(key.commodity).label
        return f"meter {key.meter_number} measures {measured[key.meter_number]}, the file says {said}"
    return f"no channel's name has more than {LONGEST_NAME} characters"


def _commodities(meter_numbers: Iterable[str]) -> dict[str, str]:
    found = MeterDevice.objects.filter(meter_number__in=list(meter_numbers))
    return {number: str(Commodity(it).label) for number, it in found.values_list("meter_number", "commodity")}
