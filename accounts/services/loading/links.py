"""Load dated links: contracts at points, meters at points. Overlaps are refused; a move or a swap of meters is none.

Exclusion constraints of the database check each statement, so links are written in the order in which a consistent
file passes them: first those that become shorter, then those that become longer or are new.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
        """Links with the same key never overlap."""
        side = getattr(link, f"{self.side}_id")
        return (side,) if self.is_exclusive else (side, link.service_point_id)


_POINT_LINKS = _Kind(ContractServicePoint, "contract", ServiceContract, is_exclusive=False)
_INSTALLATIONS = _Kind(MeterInstallation, "meter", MeterDevice, is_exclusive=True)


class _LinkRow(NamedTuple):
    """A row and the unsaved link made of it. Rows may share a line: a JSON file may consist of one."""

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
    file_links = _resolve_rows(kind, rows, load)
    # the stored links of the sides in the file; for a full file, all current links as well
    wanted = Q(**{f"{kind.side}__in": {getattr(link, f"{kind.side}_id") for _, link in file_links}})
    if load.is_full:
        wanted |= Q(end__isnull=True) | Q(end__gt=load.as_of)
    links = kind.model._default_manager.filter(wanted).select_related(kind.side, "service_point")
    stored = list(links.select_for_update(of=("self",)).order_by("pk"))
    before = {link.pk: span_of(link) for link in stored}
    was_open = {link.pk for link in stored if link.end is None or link.end > load.as_of}
    matched = _match_stored(kind, file_links, stored, load)
    unlisted = []
    if (
        load.is_full
    ):  # current links that it does not list and no newer file set; a refused row counts as listed
        listed = {link.pk for link in matched.values()}
        accepted = {row for row, _ in file_links}
        refused = {
            (getattr(row, kind.number), row.servicepoint_number) for row in rows if row not in accepted
        }
        unlisted = [
            link
            for link in stored
            if link.pk in was_open - listed
            and not load.is_older_than(link)
            and (getattr(getattr(link, kind.side), kind.number), link.service_point.servicepoint_number)
            not in refused
        ]
    timelines: dict[tuple[int, ...], Timeline] = defaultdict(Timeline)
    removed = {link.pk for link in unlisted if link.start >= load.as_of}
    for link in unlisted:
        link.end = load.as_of
    for link in stored:
        if link.pk not in removed:
            timelines[kind.exclusion_key(link)].add(_interval(link))
    shorter, other = _plan_changes(kind, file_links, matched, timelines, load)
    _write_links(kind, unlisted, removed, shorter, other, load)
    load.changed += [
        Changed(link, link.pk, before[link.pk], None if link.pk in removed else span_of(link))
        for link in (*unlisted, *shorter, *other)
        if link.pk in before
    ]
    load.changed += [Changed(link, link.pk, None, span_of(link)) for link in other if link.pk not in before]
    changed = (link for link in (*unlisted, *shorter, *other) if link.pk in was_open)
    return Ending(len(was_open), sum(link.end is not None and link.end <= load.as_of for link in changed))


def _resolve_rows(kind: _Kind, rows: Sequence[Any], load: Load) -> list[_LinkRow]:
    """Links of the rows whose numbers are known and whose commodities agree; refuses the others."""
    sides = _by_number(kind.side_model, kind.number, (getattr(row, kind.number) for row in rows))
    points = _by_number(ServicePoint, "servicepoint_number", (row.servicepoint_number for row in rows))
    file_links = []
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
            file_links.append(_LinkRow(row, link))
    return file_links


def _by_number(model: type[Any], field: str, numbers: Iterable[str]) -> dict[str, Any]:
    objects = model._default_manager.filter(**{f"{field}__in": set(numbers)})
    return {getattr(item, field): item for item in objects}


def _match_stored(
    kind: _Kind, file_links: Sequence[_LinkRow], stored: Sequence[Any], load: Load
) -> dict[int, Any]:
    """By index in `file_links`: the stored link with the same two ends and start. In a full file, an overlapping link
    whose old start is not listed any more matches too: its start was corrected.
    """
    by_start = {(_endpoints(kind, link), link.start): link for link in stored}
    matched = {
        index: by_start[key]
        for index, (_, link) in enumerate(file_links)
        if (key := (_endpoints(kind, link), link.start)) in by_start
    }
    if load.is_full:
        matched_keys = {link.pk for link in matched.values()}
        unmatched = defaultdict(list)
        for link in stored:
            if link.pk not in matched_keys:
                unmatched[_endpoints(kind, link)].append(link)
        for index, (_, link) in enumerate(file_links):
            if index not in matched:
                overlapping = [
                    candidate
                    for candidate in unmatched[_endpoints(kind, link)]
                    if _interval(candidate).overlaps(_interval(link))
                ]
                if len(overlapping) == 1:
                    matched[index] = overlapping[0]
                    unmatched[_endpoints(kind, link)].remove(overlapping[0])
    return matched


def _plan_changes(
    kind: _Kind,
    file_links: Sequence[_LinkRow],
    matched: dict[int, Any],
    timelines: dict[tuple[int, ...], Timeline],
    load: Load,
) -> tuple[list[Any], list[Any]]:
    """(links that become shorter, links that become longer or are new); refuses what overlaps."""
    shorter: list[Any] = []
    unchanged: list[int] = []
    waiting: list[tuple[int, Any, Any | None]] = []
    for index, (row, link) in enumerate(file_links):
        stored_link, line = matched.get(index), row.line
        if stored_link is None and load.adds_nothing_current and link.end is None:
            load.refuse_as_unlisted(line)
        elif stored_link is not None and _interval(stored_link).same_span(_interval(link)):
            unchanged.append(stored_link.pk)
        elif stored_link is not None and load.is_older_than(stored_link):
            load.refuse_as_older(line, stored_link)
        elif stored_link is not None and _interval(stored_link).covers(_interval(link)):
            timelines[kind.exclusion_key(stored_link)].remove(_interval(stored_link))
            stored_link.start, stored_link.end, stored_link.version_at = link.start, link.end, load.as_of
            timelines[kind.exclusion_key(stored_link)].add(_interval(stored_link))
            shorter.append(stored_link)
        else:
            waiting.append((line, link, stored_link))
    kind.model._default_manager.filter(not_newer(load), pk__in=unchanged).update(version_at=load.as_of)
    load.unchanged += len(unchanged)
    waiting.sort(key=lambda item: item[1].start)
    fitted = [
        _fit_into_timeline(kind, line, link, stored_link, timelines, load)
        for line, link, stored_link in waiting
    ]
    return shorter, [link for link in fitted if link is not None]


def _fit_into_timeline(
    kind: _Kind,
    line: int,
    link: Any,
    stored_link: Any | None,
    timelines: dict[tuple[int, ...], Timeline],
    load: Load,
) -> Any | None:
    """The link to write, or None if it overlaps another one."""
    timeline = timelines[kind.exclusion_key(link)]
    if stored_link is not None:
        timeline.remove(_interval(stored_link))
    clash = timeline.clash(_interval(link))
    if clash is not None:
        load.refuse(line, f"it overlaps {clash.label}")
        link = stored_link
    elif stored_link is not None:
        stored_link.start, stored_link.end, stored_link.version_at = link.start, link.end, load.as_of
        link = stored_link
    if link is not None:
        timeline.add(_interval(link))
    return None if clash is not None else link


def _write_links(
    kind: _Kind, unlisted: list[Any], removed: set[int], shorter: list[Any], other: list[Any], load: Load
) -> None:
    manager = kind.model._default_manager
    manager.filter(pk__in=removed).delete()  # they had not begun at the time of the file
    ended = [link for link in unlisted if link.pk not in removed]
    for link in ended:
        link.version_at = load.as_of
    fields = ["start", "end", "version_at"]
    manager.bulk_update([*ended, *shorter], fields, batch_size=2_000)
    manager.bulk_update([link for link in other if link.pk], fields, batch_size=2_000)
    manager.bulk_create([link for link in other if not link.pk], batch_size=2_000)
    load.ended += len(unlisted)
    load.accepted += len(shorter) + len(other)


def _endpoints(kind: _Kind, link: Any) -> tuple[int, int]:
    return getattr(link, f"{kind.side}_id"), link.service_point_id


def _interval(link: Any) -> Interval:
    until = f"{link.end:%Y-%m-%d %H:%M}" if link.end else "now"
    return Interval(link.start, link.end, f"{link}, {link.start:%Y-%m-%d %H:%M} to {until} UTC")
