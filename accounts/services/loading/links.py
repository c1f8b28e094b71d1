"""Load dated links: contracts at points, meters at points. Moves and swaps are ordinary; overlaps are refused.

The database has the last word (exclusion constraints); it is asked in an order in which a file that holds
together never meets it: what becomes shorter first, then what becomes longer or is new.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q

from accounts.feed_rows import InstallationRow, PointLinkRow
from accounts.models import (
    ContractServicePoint,
    MeterDevice,
    MeterInstallation,
    ServiceContract,
    ServicePoint,
    span_of,
)
from accounts.services.link_changes import Changed
from accounts.services.loading.contractual import ends_before_start
from accounts.services.loading.load import Load
from accounts.services.loading.objects import not_newer
from accounts.services.loading.timeline import Interval, Timeline


@dataclass(frozen=True, slots=True)
class _Kind:
    """`side` is what is linked to a point; where `is_exclusive`, to one point at a time."""

    model: type[Any]
    side: str
    side_model: type[Any]
    is_exclusive: bool

    @property
    def number(self) -> str:
        return f"{self.side}_number"

    def exclusion_key(self, link: Any) -> tuple[int, ...]:
        """Links of one lane never overlap."""
        side = getattr(link, f"{self.side}_id")
        return (side,) if self.is_exclusive else (side, link.service_point_id)


_POINT_LINKS = _Kind(ContractServicePoint, "contract", ServiceContract, is_exclusive=False)
_INSTALLATIONS = _Kind(MeterInstallation, "meter", MeterDevice, is_exclusive=True)


class _LinkRow(NamedTuple):
    """A row and the unsaved link that it tells. Rows may share a line: a JSON file may have but one."""

    row: Any
    link: Any


class Ending(NamedTuple):
    """How many current links there were, and how many of them the file ends."""

    current: int
    ending: int


def load_point_links(rows: Sequence[PointLinkRow], load: Load) -> Ending:
    """Refuses unknown numbers, contract and point of different commodities, and overlaps."""
    return _load(_POINT_LINKS, rows, load)


def load_installations(rows: Sequence[InstallationRow], load: Load) -> Ending:
    """Refuses unknown numbers, meter and point of different commodities, and a meter in two points at once."""
    return _load(_INSTALLATIONS, rows, load)


def _load(kind: _Kind, rows: Sequence[Any], load: Load) -> Ending:
    told = _told(kind, rows, load)
    stored = _stored(kind, told, load)
    before = {link.pk: span_of(link) for link in stored}
    was_open = {link.pk for link in stored if _is_current(link, load)}
    matched = _match(kind, told, stored, load)
    gone = _gone(kind, rows, told, stored, matched, load) if load.is_full else []
    timelines: dict[tuple[int, ...], Timeline] = defaultdict(Timeline)
    removed = {link.pk for link in gone if link.start >= load.as_of}
    for link in gone:
        link.end = load.as_of
    for link in stored:
        if link.pk not in removed:
            timelines[kind.exclusion_key(link)].add(_stretch(link))
    shorter, other = _plan(kind, told, matched, timelines, load)
    _write(kind, gone, removed, shorter, other, load)
    load.changed += [
        Changed(link, link.pk, before[link.pk], None if link.pk in removed else span_of(link))
        for link in (*gone, *shorter, *other)
        if link.pk in before
    ]
    load.changed += [Changed(link, link.pk, None, span_of(link)) for link in other if link.pk not in before]
    changed = (link for link in (*gone, *shorter, *other) if link.pk in was_open)
    return Ending(len(was_open), sum(link.end is not None and link.end <= load.as_of for link in changed))


def _told(kind: _Kind, rows: Sequence[Any], load: Load) -> list[_LinkRow]:
    """The rows whose two ends are known and fit."""
    sides = _numbered(kind.side_model, kind.number, (getattr(row, kind.number) for row in rows))
    points = _numbered(ServicePoint, "servicepoint_number", (row.servicepoint_number for row in rows))
    told = []
    for row in rows:
        number = getattr(row, kind.number)
        side, point = sides.get(number), points.get(row.servicepoint_number)
        if side is None:
            load.refuse(row.line, f"{kind.side} {number} is not known")
        elif point is None:
            load.refuse(row.line, f"service point {row.servicepoint_number} is not known")
        elif side.commodity != point.commodity:
            load.refuse(
                row.line, f"{kind.side} {number} is for {side.commodity}, point {point} for {point.commodity}"
            )
        elif reason := ends_before_start(row):
            load.refuse(row.line, reason)
        else:
            ends = {kind.side: side, "service_point": point}
            link = kind.model(**ends, start=row.start, end=row.end, version_at=load.as_of, created=load.at)
            told.append(_LinkRow(row, link))
    return told


def _numbered(model: type[Any], field: str, numbers: Iterable[str]) -> dict[str, Any]:
    found = model._default_manager.filter(**{f"{field}__in": set(numbers)})
    return {getattr(one, field): one for one in found}


def _stored(kind: _Kind, told: Sequence[_LinkRow], load: Load) -> list[Any]:
    """The links of everything told; for a full file every link that is current as well."""
    wanted = Q(**{f"{kind.side}__in": {getattr(link, f"{kind.side}_id") for _, link in told}})
    if load.is_full:
        wanted |= _is_open(load)
    links = kind.model._default_manager.filter(wanted).select_related(kind.side, "service_point")
    return list(links.select_for_update(of=("self",)).order_by("pk"))


def _match(kind: _Kind, told: Sequence[_LinkRow], stored: Sequence[Any], load: Load) -> dict[int, Any]:
    """Place in `told`: the stored link it speaks of: same two ends and start. In a full file a link told with another
    start, where the old one is not listed any more, is the same link corrected.
    """
    by_start = {(_pair(kind, link), link.start): link for link in stored}
    matched = {
        place: by_start[found]
        for place, (_, link) in enumerate(told)
        if (found := (_pair(kind, link), link.start)) in by_start
    }
    if load.is_full:
        taken = {link.pk for link in matched.values()}
        loose = defaultdict(list)
        for link in stored:
            if link.pk not in taken:
                loose[_pair(kind, link)].append(link)
        for place, (_, link) in enumerate(told):
            if place not in matched:
                same = [one for one in loose[_pair(kind, link)] if _stretch(one).overlaps(_stretch(link))]
                if len(same) == 1:
                    matched[place] = same[0]
                    loose[_pair(kind, link)].remove(same[0])
    return matched


def _gone(
    kind: _Kind,
    rows: Sequence[Any],
    told: Sequence[_LinkRow],
    stored: Sequence[Any],
    matched: dict[int, Any],
    load: Load,
) -> list[Any]:
    """Current links that a full file does not list and no newer file told. A refused row still lists its link."""
    listed = {link.pk for link in matched.values()}
    taken = {row for row, _ in told}
    refused = {(getattr(row, kind.number), row.servicepoint_number) for row in rows if row not in taken}
    return [
        link
        for link in stored
        if _is_current(link, load)
        and link.pk not in listed
        and not load.is_older_than(link)
        and (getattr(getattr(link, kind.side), kind.number), link.service_point.servicepoint_number)
        not in refused
    ]


def _plan(
    kind: _Kind,
    told: Sequence[_LinkRow],
    matched: dict[int, Any],
    timelines: dict[tuple[int, ...], Timeline],
    load: Load,
) -> tuple[list[Any], list[Any]]:
    """(links that become shorter, links that become longer or are new); refuses what does not fit."""
    shorter: list[Any] = []
    same: list[int] = []
    waiting: list[tuple[int, Any, Any | None]] = []
    for place, (row, link) in enumerate(told):
        found, line = matched.get(place), row.line
        if found is None and load.adds_nothing_current and link.end is None:
            load.refuse_as_unlisted(line)
        elif found is not None and _stretch(found).same_span(_stretch(link)):
            same.append(found.pk)
        elif found is not None and load.is_older_than(found):
            load.refuse_as_older(line, found)
        elif found is not None and _stretch(found).covers(_stretch(link)):
            timelines[kind.exclusion_key(found)].remove(_stretch(found))
            found.start, found.end, found.version_at = link.start, link.end, load.as_of
            timelines[kind.exclusion_key(found)].add(_stretch(found))
            shorter.append(found)
        else:
            waiting.append((line, link, found))
    kind.model._default_manager.filter(not_newer(load), pk__in=same).update(version_at=load.as_of)
    load.unchanged += len(same)
    waiting.sort(key=lambda one: one[1].start)
    fitted = [_fit(kind, line, link, found, timelines, load) for line, link, found in waiting]
    return shorter, [link for link in fitted if link is not None]


def _fit(
    kind: _Kind,
    line: int,
    link: Any,
    found: Any | None,
    timelines: dict[tuple[int, ...], Timeline],
    load: Load,
) -> Any | None:
    """The link to write, or None where another one is in its way."""
    timeline = timelines[kind.exclusion_key(link)]
    if found is not None:
        timeline.remove(_stretch(found))
    clash = timeline.clash(_stretch(link))
    if clash is not None:
        load.refuse(line, f"it overlaps {clash.label}")
        link = found
    elif found is not None:
        found.start, found.end, found.version_at = link.start, link.end, load.as_of
        link = found
    if link is not None:
        timeline.add(_stretch(link))
    return None if clash is not None else link


def _write(
    kind: _Kind, gone: list[Any], removed: set[int], shorter: list[Any], other: list[Any], load: Load
) -> None:
    manager = kind.model._default_manager
    manager.filter(pk__in=removed).delete()  # planned, and planned no more
    ended = [link for link in gone if link.pk not in removed]
    for link in ended:
        link.version_at = load.as_of
    fields = ["start", "end", "version_at"]
    manager.bulk_update([*ended, *shorter], fields, batch_size=2_000)
    manager.bulk_update([link for link in other if link.pk], fields, batch_size=2_000)
    manager.bulk_create([link for link in other if not link.pk], batch_size=2_000)
    load.ended += len(gone)
    load.accepted += len(shorter) + len(other)


def _pair(kind: _Kind, link: Any) -> tuple[int, int]:
    return getattr(link, f"{kind.side}_id"), link.service_point_id


def _is_open(load: Load) -> Q:
    return Q(end__isnull=True) | Q(end__gt=load.as_of)


def _is_current(link: Any, load: Load) -> bool:
    return link.end is None or link.end > load.as_of


def _stretch(link: Any) -> Interval:
    return Interval(link.start, link.end, _label(link))


def _label(link: Any) -> str:
    end: datetime | None = link.end
    until = f"{end:%Y-%m-%d %H:%M}" if end else "now"
    return f"{link}, {link.start:%Y-%m-%d %H:%M} to {until} UTC"
