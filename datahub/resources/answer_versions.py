"""The version of the rows that an answer is made of. No reading, share or line of a bill is among them.

Whoever writes these writes a row above them in the same transaction: readings their channel, shares their series
(`MixLoad`), lines their section.
"""

from collections.abc import Collection
from datetime import datetime
from functools import cache

from accounts.queries.row_versions import LABEL_ROWS
from cdsc_portal.lib.db.prepared import array
from cdsc_portal.lib.db.row_versions import Rows, digest, digest_statement


def answer_version(rows: tuple[Rows, ...], contracts: Collection[int], *, at: datetime) -> str:
    """The version at `at` of an answer made of `rows` about the contracts (database keys). One statement."""
    return digest(_statement(rows), {"contracts": array(sorted(contracts)), "at": at})


def open_series_version(rows: tuple[Rows, ...], region: str) -> str:
    """The version of a region's own series. One statement."""
    return digest(digest_statement(rows), {"region": region})


@cache
def _statement(rows: tuple[Rows, ...]) -> str:
    return digest_statement((*LABEL_ROWS, *rows))
