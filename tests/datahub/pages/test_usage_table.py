"""Tables of usage pages are built of columns, each with its heading, cells and total; charts name the columns."""

from datetime import UTC, date, datetime
from decimal import Decimal

from datahub.usage.pages.charts import usage_charts
from datahub.usage.pages.measured import MeasuredUsage, UsageExtent
from datahub.usage.pages.periods import ShownPeriod
from datahub.usage.pages.series import Amount, Series
from datahub.usage.pages.table import Cell, Column, Row, build_table, usage_columns, usage_table
from datahub.usage.sum_periods import By
from datahub.usage.sum_pieces import Rule

DAYS = (date(2026, 3, 1), date(2026, 3, 2))


def series(heading, direction, value):
    amounts = {day: Amount(Decimal(value), 0, 1, 96, 96, 0) for day in DAYS}
    return Series(heading, "kWh", Rule.SUM, direction, amounts, 3, counted=True)


def usage_and_extent():
    both = (series("Used", "import", 1000), series("Sent back", "export", 3000))
    usage = MeasuredUsage(ShownPeriod.parse("2026-03"), By.DAY, DAYS, both, both)
    moments = [datetime(year, month, 1, 8, tzinfo=UTC) for year, month in ((2020, 1), (2025, 1), (2026, 6))]
    return usage, UsageExtent(moments[0], None, *moments[1:])


def test_a_column_brings_its_heading_its_cells_and_its_total():
    columns = [
        Column("Twice", lambda number: Cell(str(2 * number)), Cell("12")),
        Column("Nothing", lambda _: Cell()),
    ]

    built = build_table("Number", columns, [1, 2, 3], lambda number: Row(f"no. {number}"), has_total=True)

    assert built.headings == ("Twice", "Nothing")
    assert [row.label for row in built.rows] == ["no. 1", "no. 2", "no. 3"]
    assert [row.cells[0].value for row in built.rows] == ["2", "4", "6"]
    assert [cell.value for cell in built.total] == ["12", ""]
    assert build_table("Number", columns, [1], lambda _: Row("")).total == ()


def test_charts_name_the_columns_of_their_series_wherever_another_column_stands():
    usage, extent = usage_and_extent()
    columns = usage_columns(usage, extent)
    weather = Column("Mean temperature", lambda _part: Cell("4"))

    beside = usage_charts(usage, extent, columns, str)
    after_one_more = usage_charts(usage, extent, [weather, *columns], str)

    assert [chart.reads["columns"] for chart in beside] == ["1 2", "3 4"]
    assert [chart.reads["columns"] for chart in after_one_more] == ["2 3", "4 5"]


def test_a_column_more_of_the_usage_table_is_one_entry_of_its_columns():
    usage, extent = usage_and_extent()
    columns = [*usage_columns(usage, extent), Column("Mean temperature", lambda _part: Cell("4"), Cell("5"))]

    built = usage_table(usage, extent, columns, link=lambda period: f"?period={period}")

    assert built.headings[-1] == "Mean temperature"
    assert [row.cells[-1].value for row in built.rows] == ["4", "4"]
    assert built.total[-1].value == "5"
    assert [cell.value for cell in built.total[::2]] == ["2.00", "6.00", "5"]
