"""Who the invented customers are and what they have. Every name, number and address is made up."""

from dataclasses import dataclass
from datetime import date

DISTRIBUTION = "River Valley Power (demo)"
SUPPLIER_BEFORE = "River Valley Supply (demo)"
SUPPLIER_NOW = "Bright Plains Energy (demo)"
REGION = "RIVER-VALLEY"
HAND_MADE_METER, HAND_MADE_CONTRACT = "55-1044", "1111111-4"  # its readings stand in hand_made.csv, not here

OWNER, SECOND_OWNER, CHAIN_OWNER = "marta@example.com", "luis@example.com", "priya@example.com"
VIEWER, STAFF = "jon@example.com", "staff@example.com"
CONTACT = "sunny@example.com"  # of the company that asks
# a person of each role of staff; with one of support a consent by phone has its second person
STAFF_ROLES = (
    ("support@example.com", "Ana Support (demo)", "support"),
    ("data@example.com", "Ben Data (demo)", "data"),
    ("onboarding@example.com", "Chi Onboarding (demo)", "onboarding"),
    ("administrator@example.com", "Dana Administrator (demo)", "administrator"),
)


@dataclass(frozen=True, slots=True)
class Person:
    """`role` is theirs at `customer`; of those without one, who work for the utility, it is theirs there."""

    email: str
    name: str
    role: str
    customer: str = ""


@dataclass(frozen=True, slots=True)
class Meter:
    """One meter and the days it hangs at its point; `profile` names the load it measures."""

    number: str
    point: str
    profile: str
    start: date
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """One service. `share` scales its load; `billed` says whether bills are made for it."""

    number: str
    account: str
    commodity: str
    address: str
    start: date
    meters: tuple[Meter, ...]
    terms: tuple[tuple[str, str, str, date], ...]  # supplier, tariff code, tariff name, from
    end: date | None = None
    scale: float = 1.0
    billed: bool = True


@dataclass(frozen=True, slots=True)
class Account:
    number: str
    customer: str
    address: str
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Utility:
    """The whole invented utility, as of one day."""

    today: date
    first: date  # the first day with readings
    people: tuple[Person, ...]
    customers: tuple[tuple[str, str], ...]  # number, name
    accounts: tuple[Account, ...]
    contracts: tuple[Contract, ...]


HOUSEHOLD = "C-1001"  # the test customer, whom clients in the sandbox see
RESIDENTIAL, EV, BUSINESS = ("RES-1", "Home Basic"), ("EV-TOU", "Home EV"), ("BIZ-2", "Business Day")


def utility(today: date, *, months: int) -> Utility:
    """The utility with `months` of history before the month of `today`."""
    first = _months_before(today, months)
    swapped, changed, moved = (_months_before(today, min(back, max(months - 1, 1))) for back in (14, 9, 16))
    people = (
        Person(OWNER, "Marta Keller", "owner", HOUSEHOLD),
        Person(SECOND_OWNER, "Luis Ortega", "owner", "C-3001"),
        Person(CHAIN_OWNER, "Priya Raman", "owner", "C-2001"),
        Person(VIEWER, "Jon Keller", "viewer", HOUSEHOLD),
        Person(STAFF, "Sam Demo", "staff"),
        Person(CONTACT, "Sol Sunny (demo)", "contact"),
        *(Person(email, name, role) for email, name, role in STAFF_ROLES),
    )
    customers = (
        (HOUSEHOLD, "Marta Keller"),
        ("C-2001", "Corner Bakeries (demo)"),
        ("C-3000", "Former Occupant (demo)"),
        ("C-3001", "Luis Ortega"),
    )
    stores = tuple(
        Account(f"2000-{n:02}", "C-2001", f"{n} Market Street, Exampleton", "2000") for n in range(1, 13)
    )
    accounts = (
        Account("1000-4711", HOUSEHOLD, "12 Alder Lane, Exampleton"),
        Account("2000", "C-2001", "1 Market Street, Exampleton"),
        *stores,
        Account("3000-0815", "C-3000", "7 Birch Court, Exampleton"),
        Account("3001-0816", "C-3001", "7 Birch Court, Exampleton"),
    )
    contracts = (
        *_household(first, swapped, changed, max(first, _months_before(today, 3))),
        *(_store(number, first) for number in range(1, 13)),
        *_moved_house(first, moved),
    )
    return Utility(today, first, people, customers, accounts, contracts)


def _household(first: date, swapped: date, changed: date, charger: date) -> tuple[Contract, ...]:
    """Solar, a car charger with a meter of its own, a meter swap and a supplier change; gas and water too."""
    address, account = "12 Alder Lane, Exampleton", "1000-4711"
    since = date(2021, 3, 1)
    meters = (
        Meter("55-0917", "SP-1001", "home_solar", since, swapped),
        Meter("55-1042", "SP-1001", "home_solar", swapped),
        Meter("55-1043", "SP-1002", "charger", charger),
    )
    garden, new_year = "12 Alder Lane (garden), Exampleton", date(2026, 1, 1)
    gas, water = (Meter("G-2001", "SP-1003", "gas", first),), (Meter("W-3001", "SP-1004", "water", first),)
    by_hand = (Meter(HAND_MADE_METER, "SP-1005", "hand_made", new_year),)
    before, now = (SUPPLIER_BEFORE, *RESIDENTIAL, since), (SUPPLIER_NOW, *EV, changed)
    in_garden = (SUPPLIER_BEFORE, *RESIDENTIAL, new_year)
    return (
        Contract("1111111-1", account, "electricity", address, since, meters, (before, now)),
        Contract("1111111-2", account, "natural_gas", address, first, gas, ()),
        Contract("1111111-3", account, "water", address, first, water, ()),
        Contract(
            HAND_MADE_CONTRACT, account, "electricity", garden, new_year, by_hand, (in_garden,), billed=False
        ),
    )


def _store(number: int, first: date) -> Contract:
    meter = Meter(f"66-{number:04}", f"SP-2{number:03}", "store", first)
    return Contract(
        f"222222-{number}", f"2000-{number:02}", "electricity", f"{number} Market Street, Exampleton", first,
        (meter,), ((SUPPLIER_BEFORE, *BUSINESS, first),), scale=0.7 + number / 20, billed=number <= 3,
    )  # fmt: skip


def _moved_house(first: date, moved: date) -> tuple[Contract, ...]:
    """One house, one meter, two occupants: what the first one used is never the second one's to see."""
    meter, address = Meter("55-2001", "SP-3001", "home", first), "7 Birch Court, Exampleton"
    term = (SUPPLIER_BEFORE, *RESIDENTIAL)
    return (
        Contract(
            "333333-1", "3000-0815", "electricity", address, first, (meter,), ((*term, first),), end=moved
        ),
        Contract(
            "333333-2", "3001-0816", "electricity", address, moved, (meter,), ((*term, moved),), scale=0.8
        ),
    )


def _months_before(today: date, months: int) -> date:
    """The first day of the month that lies `months` before the month of `today`."""
    index = today.year * 12 + today.month - 1 - months
    return date(index // 12, index % 12 + 1, 1)
