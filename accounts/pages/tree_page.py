"""The page of a user's accounts: customer, billing account, contract, point and meter, a page of lines at a time."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from django.core.paginator import Page, Paginator
from django.utils import timezone
from django.utils.http import urlencode

from accounts.models import ServiceContract, User
from accounts.pages.validity_text import lasting_in_words, span_in_words
from accounts.queries.labels import grid_places
from accounts.queries.roles import owned_accounts
from accounts.queries.service_history import PointPeriod, service_history
from accounts.queries.tree_entries import (
    AccountLine,
    Entries,
    Entry,
    by_number,
    matching,
    metered_numbers,
    tree_entries,
)
from cdsc_portal.lib.time.local_days import days

LINES = 25  # a page
SEARCH_FROM = 11
BY_REGION = "region"


@dataclass(frozen=True, slots=True)
class TreeMeter:
    """A meter; `when` says since when it has been there."""

    public_id: str
    number: str
    name: str
    when: str


@dataclass(frozen=True, slots=True)
class TreePoint:
    """A service point with the meters at it now, or at the contract's end; `address` only where it is another one."""

    number: str
    address: str
    meters: tuple[TreeMeter, ...]


@dataclass(frozen=True, slots=True)
class TreeContract:
    """A service; `account` is the printed number of the account it is under."""

    public_id: str
    number: str
    name: str
    commodity: str
    address: str
    account: str
    when: str
    has_ended: bool
    points: tuple[TreePoint, ...]


@dataclass(frozen=True, slots=True)
class TreeAccount:
    """A billing account, with what of it is on this page; `is_empty`: it has no service at all."""

    public_id: str
    number: str
    name: str
    address: str
    current: tuple[TreeContract, ...]
    ended: tuple[TreeContract, ...]
    below: tuple["TreeAccount", ...]
    is_empty: bool


@dataclass(frozen=True, slots=True)
class TreeCustomer:
    """A customer with the outermost accounts."""

    name: str
    number: str
    accounts: tuple[TreeAccount, ...]


@dataclass(frozen=True, slots=True)
class TreeRegion:
    """Services in one region of the grid; `region` is "" where it is not known."""

    region: str
    count: int
    contracts: tuple[TreeContract, ...]


@dataclass(frozen=True, slots=True)
class AccountsPage:
    """What the page shows: `customers`, or `regions` where it is arranged by those.

    `total` counts all lines, `match_count` those that match the search; `page` is the pager's, `query` and
    `search_query` the parameters that links after "?" and before another one keep.
    """

    customers: tuple[TreeCustomer, ...]
    regions: tuple[TreeRegion, ...]
    page: "Page[Entry]"
    query: str
    search_query: str
    search: str
    by: str
    total: int
    match_count: int
    has_search: bool
    may_rename: bool


def accounts_page(
    *, user: User, at: datetime, search: str = "", by: str = "", number: str = ""
) -> AccountsPage:
    """Page `number` of what `user` may see at `at`. At most ten queries, however many contracts."""
    entries = tree_entries(user=user, at=at)
    lines: Sequence[Entry] = entries.lines
    if search.strip():
        lines = matching(lines, search, metered_numbers(user=user, at=at))
    regions: Mapping[int, str] = {}
    if by == BY_REGION:
        lines = [line for line in lines if line.contract is not None]
        regions = _regions(lines, at)
        lines = sorted(lines, key=lambda line: _region_order(regions, line))
    page = Paginator(lines, LINES).get_page(number)
    keys = [line.contract.key for line in page.object_list if line.contract is not None]
    contracts = tree_contracts(keys, at=at)
    kept = {name: value for name, value in (("q", search), ("by", by)) if value}  # by the pager's links
    return AccountsPage(
        customers=() if by == BY_REGION else _customers(entries, page.object_list, contracts),
        regions=_groups(lines, page.object_list, regions, contracts) if by == BY_REGION else (),
        page=page,
        query=f"&{urlencode(kept)}" if kept else "",
        search_query=f"{urlencode({'q': search})}&" if search else "",
        search=search,
        by=by,
        total=len(entries.lines),
        match_count=len(lines),
        has_search=len(entries.lines) >= SEARCH_FROM,
        may_rename=owned_accounts(user=user, at=at).exists(),
    )


def _regions(lines: Iterable[Entry], at: datetime) -> dict[int, str]:
    """By contract key, where it is served at `at` or was last. One query."""
    regions: dict[int, str] = {}
    keys = [line.contract.key for line in lines if line.contract is not None]
    for place in sorted(
        grid_places(keys), key=lambda place: (place.span.contains(at), place.span.start or at)
    ):
        regions[place.contract_key] = place.region
    return regions


def _region_order(regions: Mapping[int, str], line: Entry) -> tuple[bool, str, bool, list[tuple[int, str]]]:
    """Regions by name, what has none last; in each the current ones first."""
    assert line.contract is not None
    region = regions.get(line.contract.key, "")
    return not region, region, line.contract.has_ended, by_number(line.contract.number)


def _groups(
    lines: Sequence[Entry],
    shown: Iterable[Entry],
    regions: Mapping[int, str],
    contracts: Mapping[int, TreeContract],
) -> tuple[TreeRegion, ...]:
    keys = [line.contract.key for line in shown if line.contract is not None]
    count = Counter(regions.get(line.contract.key, "") for line in lines if line.contract is not None)
    return tuple(
        TreeRegion(region, count[region], tuple(contracts[key] for key in group))
        for region, group in groupby(keys, key=lambda key: regions.get(key, ""))
    )


def tree_contracts(keys: Sequence[int], *, at: datetime) -> dict[int, TreeContract]:
    """Services with their points and meters by key, in the order of `keys`, which are database keys. Four queries."""
    by_key = ServiceContract.objects.select_related("billing_account").in_bulk(keys)
    points = service_history(by_key.values(), at=at)
    today = timezone.localdate(at)
    return {key: _contract(by_key[key], points.get(key, ()), today, at) for key in keys if key in by_key}


def _contract(
    contract: ServiceContract, points: Iterable[PointPeriod], today: date, at: datetime
) -> TreeContract:
    moment = _moment(contract, at)
    return TreeContract(
        public_id=contract.public_id,
        number=contract.contract_number,
        name=contract.name,
        commodity=contract.get_commodity_display(),
        address=contract.address,
        account=contract.billing_account.account_number,
        when=lasting_in_words(contract.start, contract.end, today=today),
        has_ended=contract.end is not None and contract.end <= today,
        points=tuple(
            TreePoint(
                number=point.number,
                address=point.address if point.address != contract.address else "",
                meters=tuple(
                    TreeMeter(
                        meter.public_id, meter.number, meter.name, span_in_words(meter.span, today=today)
                    )
                    for meter in point.meters
                    if meter.span.contains(moment)
                ),
            )
            for point in points
            if point.span.contains(moment)
        ),
    )


def _moment(contract: ServiceContract, at: datetime) -> datetime:
    """Now, or the last instant of a contract that has ended, or the first of one that has not begun."""
    span = days(contract.start, contract.end)
    if span.end is not None and span.end <= at:
        return span.end - timedelta(microseconds=1)
    return max(at, span.start) if span.start is not None else at


def _customers(
    entries: Entries, shown: Iterable[Entry], contracts: Mapping[int, TreeContract]
) -> tuple[TreeCustomer, ...]:
    """The tree of the lines of a page, each account under those it lies below."""
    contracts_of: dict[int, list[TreeContract]] = defaultdict(list)
    ancestors: dict[int, AccountLine] = {}
    empty = set()
    for line in shown:
        ancestors |= {account.key: account for account in entries.above(line.account)}
        if line.contract is None:
            empty.add(line.account.key)
        else:
            contracts_of[line.account.key].append(contracts[line.contract.key])
    children: dict[int | None, list[AccountLine]] = defaultdict(list)
    for account in ancestors.values():
        children[account.parent].append(account)

    def node(account: AccountLine) -> TreeAccount:
        return TreeAccount(
            public_id=account.public_id,
            number=account.number,
            name=account.name,
            address=account.address,
            current=tuple(contract for contract in contracts_of[account.key] if not contract.has_ended),
            ended=tuple(contract for contract in contracts_of[account.key] if contract.has_ended),
            below=tuple(node(child) for child in children[account.key]),
            is_empty=account.key in empty,
        )

    return tuple(
        TreeCustomer(name, customer, tuple(node(account) for account in group))
        for (name, customer), group in groupby(
            children[None], key=lambda account: (account.customer_name, account.customer_number)
        )
    )
