"""What bills are made of as a file: a line for each line of a bill, as CSV or JSON."""

import csv
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date
from decimal import Decimal

from django.db.models import Exists, OuterRef

from cdsc_portal.lib.json.encoder import dumps, exact
from cdsc_portal.lib.text.csv_cells import plain_cell
from datahub.models import BillStatement, LineItem

HEADER = (
    "contract_number", "statement_number", "statement_date", "start", "end", "line", "kind", "quantity", "unit",
    "rate", "amount", "currency", "corrected",
)  # fmt: skip
_AT_ONCE = 2000
_Row = dict[str, str | None]


class _Line:
    """What a csv writer writes to: hands the line on."""

    def write(self, text: str) -> str:
        return text


def bill_lines(contracts: Collection[int], start: date, end: date) -> Iterator[_Row]:
    """Lines of bills dated in local days [start, end), by contract, bill and place. One query.

    `corrected` is "yes" where another bill has taken the place of this one, which is not to be added to it.
    """
    newer = BillStatement.objects.filter(replaces=OuterRef("section__statement"))
    lines = LineItem.objects.filter(
        section__contract__in=contracts,
        section__statement__statement_date__gte=start,
        section__statement__statement_date__lt=end,
    ).annotate(is_corrected=Exists(newer))
    lines = lines.select_related("section__contract", "section__statement").order_by(
        "section__contract__contract_number", "section__statement__statement_date", "section_id", "position"
    )
    for line in lines.iterator(_AT_ONCE):
        section, statement = line.section, line.section.statement
        values = (
            section.contract.contract_number, statement.statement_number, statement.statement_date.isoformat(),
            section.start.isoformat(), section.end.isoformat(), line.name, line.kind, _exact(line.quantity), line.unit,
            _exact(line.rate), exact(line.amount, places=2), statement.currency,
            "yes" if line.is_corrected else "no",
        )  # fmt: skip
        yield dict(zip(HEADER, values, strict=True))


def _exact(value: Decimal | None) -> str | None:
    return None if value is None else exact(value)


def _csv(rows: Iterable[_Row]) -> Iterator[bytes]:
    """The last line counts the lines, as in a usage file; it begins with `#`."""
    writer = csv.writer(_Line(), lineterminator="\n")
    yield writer.writerow(HEADER).encode()
    count = 0
    for row in rows:
        # an amount below zero is a number, whatever a spreadsheet makes of other texts that begin like it
        cells = [
            value or "" if name in ("quantity", "rate", "amount") else plain_cell(value or "")
            for name, value in row.items()
        ]
        yield writer.writerow(cells).encode()
        count += 1
    yield f"# complete: {count} lines\n".encode()


def _json(rows: Iterable[_Row]) -> Iterator[bytes]:
    yield b'{"resource":"bill_lines","data":['
    count = 0
    for row in rows:
        yield (b"," if count else b"") + dumps(row)
        count += 1
    yield b'],"lines":%d}' % count


BILL_FORMS: dict[str, tuple[str, Callable[[Iterable[_Row]], Iterator[bytes]]]] = {
    "csv": ("text/csv; charset=utf-8", _csv),
    "json": ("application/json", _json),
}
