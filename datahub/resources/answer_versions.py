"""The rows that an answer of each resource stands on. No reading, share or line of a bill is among them.

Whoever writes these writes a row above them in the same transaction: readings their channel, shares their series
(`MixLoad`), lines their section.
"""

from collections.abc import Collection
from datetime import datetime

from accounts.queries.row_versions import (
    CONTRACTS,
    DELIVERY_ROWS,
    GRID_ROWS,
    LABEL_ROWS,
    METERED_ROWS,
    METERS,
    REGIONS,
    SUPPLY_ROWS,
    TARIFFS,
)
from cdsc_portal.lib.prepared import array
from cdsc_portal.lib.row_versions import Rows, column_of, digest, digest_statement
from datahub.mix.series_places import SERIES_OF
from datahub.models import MixSeries

_STATEMENTS = column_of("datahub_billsection", "statement_id", f"contract_id = {CONTRACTS}")
_BILLED = column_of("datahub_billstatement", "account_id", f"id IN ({_STATEMENTS})")
_USAGE = (
    *METERED_ROWS,
    Rows("datahub_channel", f"meter_id IN ({METERS})"),
    Rows(
        "pg_inherits", "inhparent = 'interval_block'::regclass"
    ),  # a month set aside takes its readings along
)
_BILLS = (
    Rows("datahub_billsection", f"statement_id IN ({_STATEMENTS})"),
    Rows("datahub_billstatement", f"id IN ({_STATEMENTS})"),
    Rows("accounts_billingaccount", f"id IN ({_BILLED})"),
)


def _mix(series: Collection[MixSeries]) -> tuple[Rows, ...]:
    rows: tuple[Rows, ...] = GRID_ROWS
    for one in series:
        if one == MixSeries.CONSUMPTION:
            own = f"contract_id IS NULL OR contract_id = {CONTRACTS}"
            rows += (
                *SUPPLY_ROWS,
                Rows("datahub_mixload", f"series = '{one}' AND key IN ({TARIFFS}) AND ({own})"),
            )
        else:
            rows += (Rows("datahub_mixload", f"series = '{one}' AND key IN ({REGIONS})"),)
    return rows


SUMMED = " summed"  # after the name of a series of the mix: its sums are weighed with usage that is shared
ANSWER_ROWS: dict[str, tuple[Rows, ...]] = {
    "distribution_details": DELIVERY_ROWS,
    "supply_details": SUPPLY_ROWS,
    "supply_history": SUPPLY_ROWS,
    "usage_data": _USAGE,
    "bill_data": _BILLS,
    "bill_statements": _BILLS,
    **{resource: _mix(series) for resource, series in SERIES_OF.items()},
    **{resource + SUMMED: (*_mix(series), *_USAGE) for resource, series in SERIES_OF.items()},
}
_STATEMENT_OF = {name: digest_statement((*LABEL_ROWS, *rows)) for name, rows in ANSWER_ROWS.items()}
_GRID_SERIES = digest_statement([Rows("datahub_mixload", "series = %(series)s AND key = %(region)s")])


def answer_version(name: str, contracts: Collection[int], *, at: datetime) -> str:
    """What an answer of `name` about the contracts (database keys) stands on at `at`. One statement."""
    return digest(_STATEMENT_OF[name], {"contracts": array(sorted(contracts)), "at": at})


def grid_series_version(series: MixSeries, region: str) -> str:
    """What a region's own series stands on. One statement."""
    return digest(_GRID_SERIES, {"series": str(series), "region": region})
