"""A receipt as it is shown: the stored copy, what holds now, and who may read the personal part (F-184 to F-200)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import User
from accounts.queries.roles import visible_contracts
from cdsc_portal.lib.time.dates_in_words import day_in_words, last_day, moment_in_words
from consent.models import Receipt
from consent.pages.receipts.changes import ThenAndNow, changes_since
from consent.pages.sharing.shared_services import ServiceList, service_line
from consent.pages.sharing.timeline import TimelineEntry, timeline
from consent.pages.status_words import StatusWords, words_of
from consent.queries.outcomes import current_receipt
from consent.queries.visible_grants import status_at
from consent.transitions import ENDED
from consent.wording import zone_in_words

Named = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """What the template prints. `facts` are the stored ones: parts, company, terms as they were shown.

    `newer` is the number of the receipt that holds now, where it is another; `changes` is what differs now from what
    this one says (F-199).
    """

    number: str
    created: str
    facts: Mapping[str, Any]
    status: StatusWords
    is_open: bool
    until: str
    ended: str
    by_delegate: bool
    services: tuple[ServiceList, ...]
    reads_personal: bool
    approver: str
    owners: str
    newer: str
    changes: tuple[ThenAndNow, ...]
    timeline: tuple[TimelineEntry, ...]


def receipt_page(receipt: Receipt, *, user: User | None, at: datetime) -> ReceiptPage:
    """`receipt` (with grant, its client and user loaded) for `user`, None where nobody is logged in.

    Personal values are shown to who approved; those who see some of the contracts read the values of these. Queries
    do not grow with services.
    """
    facts, grant = receipt.facts, receipt.grant
    readable = _readable_contracts(receipt, user=user, at=at)
    current = current_receipt(grant) if receipt.superseded_by_id else receipt  # what holds now (F-200)
    has_ended = status_at(grant, at) in ENDED
    ended = None
    if has_ended:  # where the task that records it has not run yet, its agreed end
        recorded = grant.events.filter(to_status__in=ENDED).values_list("at", flat=True).first()
        ended = recorded or grant.access_ends
    personal = receipt.personal if readable else {}
    return ReceiptPage(
        number=receipt.number,
        created=f"{moment_in_words(receipt.created)} ({zone_in_words()})",
        facts=facts,
        status=words_of(grant, at, viewer=user if readable else None),
        is_open=not has_ended,
        until=day_in_words(last_day(grant.access_ends)) if grant.access_ends else "",
        ended=moment_in_words(ended) if ended else "",
        by_delegate=facts["role"] == "delegate",
        services=_services(facts, readable),
        reads_personal=bool(readable),
        approver=_person(personal.get("approver", {})),
        owners=", ".join(_person(owner) for owner in personal.get("owners", [])),  # for whom a delegate acted
        newer="" if current == receipt else current.number,
        changes=changes_since(receipt, current, readable=readable, has_ended=has_ended),
        timeline=timeline(grant, viewer=user) if readable else (),
    )


def _readable_contracts(receipt: Receipt, *, user: User | None, at: datetime) -> Named:
    """The stored contracts that `user` may read, by public id (F-189, F-190)."""
    contracts: Named = receipt.personal.get("contracts", {})
    if user is None:
        return {}
    if receipt.grant.user_id == user.pk:
        return contracts
    visible = visible_contracts(user=user, at=at).filter(public_id__in=list(contracts))
    return {key: contracts[key] for key in visible.values_list("public_id", flat=True)}


def _person(person: Mapping[str, str]) -> str:
    return person.get("name") or person.get("email", "")


def _services(facts: Mapping[str, Any], readable: Named) -> tuple[ServiceList, ...]:
    """Each distinct choice of services once, whatever kinds of data it was made for."""
    lists: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for part in facts["parts"]:
        chosen, left_out = tuple(part["contracts"]), tuple(part["contracts_left_out"])
        lists.setdefault((chosen, left_out), []).append(part["title"])
    all_lists = (
        ServiceList(
            titles=tuple(titles) if len(lists) > 1 else (),
            services=_lines(chosen, readable),
            left_out=_lines(left_out, readable),
        )
        for (chosen, left_out), titles in lists.items()
    )
    return tuple(services for services in all_lists if services.services or services.left_out)


def _lines(public_ids: tuple[str, ...], readable: Named) -> tuple[tuple[str, str], ...]:
    """The services that may be read, as they were named at the approval."""
    contracts = [readable[public_id] for public_id in public_ids if public_id in readable]
    contracts.sort(key=lambda contract: (contract["account_number"], contract["number"]))
    return tuple(
        service_line(
            number=contract["number"],
            commodity=contract["commodity"],
            name=contract["name"],
            address=contract["address"],
            account_number=contract["account_number"],
        )
        for contract in contracts
    )
