"""The portfolio as its customer reads it: sorted, narrowed, a page of lines at a time, or all of them as CSV."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.models import Commodity
from cdsc_portal.lib.json.encoder import exact
from cdsc_portal.lib.text.csv_cells import plain_cell
from cdsc_portal.lib.text.money import money_in_words, number_in_words
from cdsc_portal.lib.time.dates_in_words import moment_in_words
from datahub.feeds.formats.units import SHOWN_UNITS
from datahub.portfolio.rows import Portfolio, PortfolioRow, next_month
from datahub.usage.pages.periods import ShownPeriod
from datahub.usage.pages.series import THOUSANDS

PAGE_SIZE = 50
CSV_HEADER = (
    "service", "site", "group", "commodity", "month", "used", "unit", "change", "cost", "currency", "missing",
)  # fmt: skip
_TENTH = Decimal("0.1")
_NOTHING = Decimal("-Infinity")
_SORTS: Mapping[str, Callable[[PortfolioRow], Any]] = {
    "site": lambda row: row.site.casefold(),
    "group": lambda row: row.group.casefold(),
    "used": lambda row: _NOTHING if row.used is None else row.used,
    "change": lambda row: _NOTHING if row.change is None else row.change,
    "cost": lambda row: _NOTHING if row.cost is None else row.cost,
    "gaps": lambda row: row.missing,
}
_NUMBERS_FIRST_DOWN = ("used", "change", "cost", "gaps")  # what people sort these for stands at the top


@dataclass(frozen=True, slots=True)
class PortfolioQuery:
    """What the address says. `sort` is a column, a minus before it turns it around; `month` None = the last one."""

    month: ShownPeriod | None = None
    sort: str = "site"
    find: str = ""
    group: str = ""
    kind: str = ""
    only_gaps: bool = False
    page: str = "1"

    @classmethod
    def parse(cls, parameters: Mapping[str, str]) -> "PortfolioQuery":
        """Raises ValueError for a month, a column or a kind that there are not."""
        text, sort, kind = (parameters.get(name, "") for name in ("month", "sort", "kind"))
        month = ShownPeriod.parse(text) if text else None
        if month is not None and (month.start is None or month.end != next_month(month.start)):
            raise ValueError(f"{text!r} is no month")
        if sort and sort.removeprefix("-") not in _SORTS or kind and kind not in Commodity.values:
            raise ValueError(f"{sort!r} or {kind!r} is not known")
        return cls(
            month, sort or "site", parameters.get("find", "").replace("\0", "").strip()[:100],
            parameters.get("group", "")[:150], kind, parameters.get("gaps") == "1", parameters.get("page", "1"),
        )  # fmt: skip

    def url(self, **changes: Any) -> str:
        """The address of the same page with `changes`, from its first lines on, defaults left out."""
        query = replace(self, **changes)
        parameters = {
            "month": query.month.text if query.month else "",
            "sort": "" if query.sort == "site" else query.sort,
            "find": query.find,
            "group": query.group,
            "kind": query.kind,
            "gaps": "1" if query.only_gaps else "",
        }
        return f"?{urlencode({name: value for name, value in parameters.items() if value})}"

    @property
    def parameters(self) -> str:
        """What a link to another page of the lines adds to its number."""
        return f"&{rest}" if (rest := self.url().removeprefix("?")) else ""

    def matches(self, row: PortfolioRow) -> bool:
        return (
            (not self.find or self._has_words(row))
            and (not self.group or row.group == self.group)
            and (not self.kind or row.commodity == self.kind)
            and (not self.only_gaps or row.missing > 0)
        )

    def _has_words(self, row: PortfolioRow) -> bool:
        text = " ".join((row.number, row.name, row.account, row.address, row.group)).casefold()
        return all(word in text for word in self.find.casefold().split())


@dataclass(frozen=True, slots=True)
class SortLink:
    """A column's heading; `order` is as ARIA has it: ascending, descending or none; `sort` what an address says."""

    label: str
    sort: str
    url: str
    order: str
    is_number: bool


@dataclass(frozen=True, slots=True)
class PortfolioLine:
    """A row in words, "" where nothing is known."""

    public_id: str
    number: str
    site: str
    group: str
    commodity: str
    used: str
    change: str
    cost: str
    gaps: str


@dataclass(frozen=True, slots=True)
class PortfolioPage:
    """`total` says what all chosen services used and cost together; `before` and `after` are addresses, "" for none."""

    title: str
    period: str
    before: str
    after: str
    columns: tuple[SortLink, ...]
    lines: tuple[PortfolioLine, ...]
    page: Page[PortfolioRow]
    query: PortfolioQuery
    groups: tuple[str, ...]
    kinds: tuple[tuple[str, str], ...]
    count: int
    as_of: str


def portfolio_page(portfolio: Portfolio, query: PortfolioQuery, *, last: date) -> PortfolioPage:
    """No query; `last` is the newest month that can be shown."""
    rows = chosen_rows(portfolio, query)
    page = Paginator(rows, PAGE_SIZE).get_page(query.page)
    month = ShownPeriod.parse(f"{portfolio.month:%Y-%m}")
    labels = {
        "site": _("Site"), "group": _("Group"), "used": _("Used"), "change": _("Against a year before"),
        "cost": _("Billed"), "gaps": _("Gaps"),
    }  # fmt: skip
    kinds = {row.commodity for row in portfolio.rows}
    return PortfolioPage(
        title=month.title,
        period=month.text,
        before=query.url(month=ShownPeriod.parse(month.neighbour(-1))),
        after=query.url(month=ShownPeriod.parse(month.neighbour(1))) if portfolio.month < last else "",
        columns=tuple(_column(name, label, query) for name, label in labels.items()),
        lines=tuple(_line(row) for row in page.object_list),
        page=page,
        query=query,
        groups=tuple(sorted({row.group for row in portfolio.rows if row.group}, key=str.casefold)),
        kinds=tuple(
            (value, capfirst(str(label)))
            for value, label in Commodity.choices
            if len(kinds) > 1 and value in kinds
        ),
        count=len(rows),
        as_of=moment_in_words(portfolio.at),
    )


def chosen_rows(portfolio: Portfolio, query: PortfolioQuery) -> list[PortfolioRow]:
    """Those that the query narrows to, in its order; by number where the order leaves it open."""
    rows = [row for row in portfolio.rows if query.matches(row)]
    return sorted(rows, key=_SORTS[query.sort.removeprefix("-")], reverse=query.sort.startswith("-"))


def csv_rows(portfolio: Portfolio, query: PortfolioQuery) -> Iterator[tuple[str, ...]]:
    """Under CSV_HEADER, exact, in the unit that the page shows; change and missing are shares."""
    for row in chosen_rows(portfolio, query):
        value, unit = _shown(row)
        yield (
            plain_cell(row.number), plain_cell(row.site), plain_cell(row.group), row.commodity,
            f"{portfolio.month:%Y-%m}", "" if value is None else exact(value), unit,
            "" if row.change is None else f"{row.change:.4f}", "" if row.cost is None else exact(row.cost, places=2),
            row.currency, f"{row.missing:.4f}",
        )  # fmt: skip


def month_to_show(at: date) -> date:
    """The newest month that was over three days ago: its last readings are there by then."""
    first = at.replace(day=1)
    back = 2 if at.day <= 3 else 1
    month = first.month - back
    return date(first.year + (month - 1) // 12, (month - 1) % 12 + 1, 1)


def _column(name: str, label: str, query: PortfolioQuery) -> SortLink:
    is_sorted, is_down = query.sort.removeprefix("-") == name, query.sort.startswith("-")
    order = "none" if not is_sorted else "descending" if is_down else "ascending"
    is_number = name in _NUMBERS_FIRST_DOWN
    first, turned = (f"-{name}", name) if is_number else (name, f"-{name}")
    return SortLink(
        label, query.sort if is_sorted else first, query.url(sort=turned if query.sort == first else first), order,
        is_number,
    )  # fmt: skip


def _shown(row: PortfolioRow) -> tuple[Decimal | None, str]:
    thousands = THOUSANDS.get(row.unit)
    unit = thousands or SHOWN_UNITS.get(row.unit, row.unit)
    return (row.used if row.used is None or not thousands else row.used.scaleb(-3)), unit


def _line(row: PortfolioRow) -> PortfolioLine:
    value, unit = _shown(row)
    change = ""
    if row.change is not None:
        percent = (row.change * 100).quantize(_TENTH)
        words = number_in_words(abs(percent))
        change = f"+{words}%" if percent > 0 else f"\N{MINUS SIGN}{words}%" if percent < 0 else "0%"
    gaps = ""
    if row.used is None:
        gaps = _("no data")
    elif row.missing > 0:
        missing = max((row.missing * 100).quantize(_TENTH), _TENTH)
        gaps = _("%(percent)s%% missing") % {"percent": number_in_words(missing)}
    return PortfolioLine(
        row.public_id,
        row.number,
        row.site,
        row.group,
        str(Commodity(row.commodity).label),
        "" if value is None else f"{number_in_words(value.quantize(Decimal(1)))} {unit}",
        change,
        "" if row.cost is None else money_in_words(row.cost, row.currency),
        gaps,
    )
