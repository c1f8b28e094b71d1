"""A service in a list of ticks: for the request and the change page. js/request_lists.js searches the same words."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.utils.translation import gettext as _

from accounts.models import ServiceContract
from accounts.queries.meters import ContractMeter
from consent.wording import service_in_words


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """One service; `words` is what the search looks in, `value` what the form carries. `meters` are value, label
    and whether it is ticked, where there are several to choose from.
    """

    value: str
    label: str
    detail: str
    words: str
    ticked: bool
    is_hidden: bool
    can_share: bool = True
    ended: str = ""
    meters: tuple[tuple[str, str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Services under one heading: those of an account, or of a region where `account` is empty.

    `key` is what the section's buttons send; `ticks_at_once`: there are such buttons, and `size` beside them.
    """

    account: str
    name: str
    entries: tuple[ServiceEntry, ...]
    key: str = ""
    size: str = ""
    ticks_at_once: bool = False

    @property
    def is_hidden(self) -> bool:
        """Whether search and "show only what is ticked" leave none of its services visible."""
        return all(entry.is_hidden for entry in self.entries)


def service_entry(
    contract: ServiceContract,
    *,
    detail: str,
    ticked: Collection[str],
    search: str,
    only_ticked: bool,
    region: str = "",
    can_share: bool = True,
    ended: str = "",
    meters: tuple[tuple[str, str, bool], ...] = (),
) -> ServiceEntry:
    """`contract` in a list where `ticked` are public ids."""
    return ServiceEntry(
        value=contract.public_id,
        label=service_in_words(
            commodity=contract.commodity, number=contract.contract_number, name=contract.name
        ),
        detail=detail,
        words=search_words(contract, region=region),
        ticked=contract.public_id in ticked,
        is_hidden=not is_visible(contract, search, ticked if only_ticked else None, region=region),
        can_share=can_share,
        ended=ended,
        meters=meters,
    )


def meter_ticks(
    meters: Iterable[ContractMeter], ticked: Collection[str]
) -> tuple[tuple[str, str, bool], ...]:
    """`meters` of an entry, the customer's own name first; `ticked` are public ids."""
    return tuple(
        (
            meter.public_id,
            f"{meter.name}, {meter.number}"
            if meter.name
            else _("Meter %(number)s") % {"number": meter.number},
            meter.public_id in ticked,
        )
        for meter in meters
    )


def is_visible(
    contract: ServiceContract, search: str, only: Collection[str] | None, *, region: str = ""
) -> bool:
    """Whether the search, and "show only what is ticked" (`only`: the public ids), leave it visible."""
    if only is not None and contract.public_id not in only:
        return False
    sought = search.lower().split()
    words = search_words(contract, region=region) if sought else ""
    return all(word in words for word in sought)


def search_words(contract: ServiceContract, *, region: str = "") -> str:
    """What the search of a list looks in (F-125)."""
    account = contract.billing_account
    words = (contract.contract_number, contract.name, contract.address, account.account_number, account.name)
    return " ".join(filter(None, (*words, region))).lower()


def by_account(contracts: Iterable[ServiceContract]) -> list[Sequence[ServiceContract]]:
    """Contracts in the order of their accounts, apart for each account."""
    return [tuple(group) for _pk, group in groupby(contracts, key=lambda c: c.billing_account_id)]
