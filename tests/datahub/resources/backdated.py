"""Moves on March 5 that feeds bring late, and when."""

from datetime import UTC, date, datetime

from accounts.feed_rows import ContractRow, Hierarchy, InstallationRow, PointLinkRow
from cdsc_portal.lib.time import clock
from tests.accounts.rows import load
from tests.factories.accounts import EPOCH

BEFORE = datetime(2026, 2, 1, 12, tzinfo=UTC)
READ = datetime(2026, 3, 12, 12, tzinfo=UTC)
ENTERED = datetime(2026, 3, 20, 12, tzinfo=UTC)
MOVED = datetime(2026, 3, 5, 8, tzinfo=UTC)  # midnight in the utility's zone
START, END = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 11, tzinfo=UTC)


def the_point(home):
    row = PointLinkRow(2, home.contract.contract_number, home.point.servicepoint_number, EPOCH, MOVED)
    load(Hierarchy("changes", clock.now(), point_links=(row,)), at=clock.now())


def the_meter(home):
    row = InstallationRow(2, home.meter.meter_number, home.point.servicepoint_number, EPOCH, MOVED)
    load(Hierarchy("changes", clock.now(), installations=(row,)), at=clock.now())


def the_contract(home):
    contract = home.contract
    row = ContractRow(
        2, contract.contract_number, contract.billing_account.account_number, contract.commodity,
        contract.distribution.name, contract.address, contract.start, date(2026, 3, 5), (),
    )  # fmt: skip
    load(Hierarchy("changes", clock.now(), contracts=(row,)), at=clock.now())
