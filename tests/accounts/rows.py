"""Hierarchy files for the tests of the loads: one household, changed as each test says."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from accounts.feed_rows import (
    AccountRow,
    ContractRow,
    CustomerRow,
    EntityRow,
    Hierarchy,
    InstallationRow,
    MembershipRow,
    MeterRow,
    PointLinkRow,
    PointRow,
    PremiseRow,
    ProgramRow,
)
from accounts.services.hierarchy import load_hierarchy
from accounts.services.loading.load import LoadResult

AS_OF = datetime(2026, 3, 1, 8, tzinfo=UTC)
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
SINCE = datetime(2024, 1, 1, 8, tzinfo=UTC)


def contract(number: str = "1111111-1", line: int = 5, **changes: Any) -> ContractRow:
    row = ContractRow(
        line=line,
        contract_number=number,
        account_number="A-1",
        commodity="electricity",
        distribution="River Valley Wires (demo)",
        address="12 Orchard Lane",
        start=date(2024, 1, 1),
        end=None,
        programs=("P-1",),
    )
    return replace(row, **changes)


def point_link(number: str = "1111111-1", point: str = "SP-1", line: int = 9, **changes: Any) -> PointLinkRow:
    return replace(PointLinkRow(line, number, point, SINCE, None), **changes)


def installation(
    meter: str = "55-1042", point: str = "SP-1", line: int = 10, **changes: Any
) -> InstallationRow:
    return replace(InstallationRow(line, meter, point, SINCE, None), **changes)


def account(number: str = "A-1", line: int = 4, **changes: Any) -> AccountRow:
    return replace(AccountRow(line, number, "C-1", "", "12 Orchard Lane", ()), **changes)


def household(**changes: Any) -> Hierarchy:
    """A full file of one customer with one of each; `changes` replace whole lists."""
    whole = Hierarchy(
        mode="full",
        as_of=AS_OF,
        entities=(EntityRow(1, "River Valley Wires (demo)", "RVW", "distribution_utility"),),
        programs=(ProgramRow(2, "P-1", "Peak Saver"),),
        customers=(CustomerRow(3, "C-1", "Robin Example"),),
        accounts=(account(),),
        contracts=(contract(),),
        premises=(PremiseRow(6, "PR-1", "12 Orchard Lane, Riverton"),),
        points=(PointRow(7, "SP-1", "PR-1", "electricity", 240, "VALLEY", "NODE-7"),),
        meters=(MeterRow(8, "55-1042", "electricity"),),
        point_links=(point_link(),),
        installations=(installation(),),
        memberships=(
            MembershipRow(11, "C-1", "robin@example.com", "Robin Example", "owner", "", False, None),
        ),
    )
    return replace(whole, **changes)


def load(hierarchy: Hierarchy, *, at: datetime = AT, confirmed: bool = True, unread: int = 0) -> LoadResult:
    return load_hierarchy(
        hierarchy=hierarchy, at=at, version_at=hierarchy.as_of, confirmed=confirmed, unread=unread
    )
