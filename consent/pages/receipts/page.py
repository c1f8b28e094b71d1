"""A receipt as it is shown: the stored copy, what holds now, and who may read the personal part (F-184 to F-200)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.queries.roles import visible_contracts
from cdsc_portal.lib.time.dates_in_words import day_in_words, last_day, moment_in_words
from consent.models import Receipt
from consent.pages.receipts.changes import ThenAndNow, changes_since
from consent.pages.sharing.timeline import TimelineEntry, timeline
from consent.pages.status_words import StatusWords, words_of
from consent.queries.outcomes import current_receipt
from consent.queries.visible_grants import status_at
from consent.transitions import ENDED
from consent.wording import commodity_in_words, zone_in_words

Named = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class ReceiptPart:
    """One kind of data as it was shown; `services` counts them."""

    scope: str
    title: str
    sentence: str
    badge: str
    period: str
    exact: str
    includes: tuple[tuple[str, str], ...]
    excludes: str
    services: str
    added_later: bool


@dataclass(frozen=True, slots=True)
class ReceiptContract:
    """A service as it was named at the approval."""

    label: str
    detail: str


@dataclass(frozen=True, slots=True)
class ReceiptServices:
    """The services that some kinds of data were shared for, as the reader may read them, and those left out.

    `titles` are empty where one list stands for all kinds of data.
    """

    titles: tuple[str, ...]
    chosen: tuple[ReceiptContract, ...]
    left_out: tuple[ReceiptContract, ...]


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """Everything the template prints. `newer` is the number of the receipt that holds now, where it is another;
    `changes` is what differs now from what this one says (F-199).
    """

    number: str
    created: str
    utility: str
    utility_terms_uri: str
    status: StatusWords
    is_open: bool
    until: str
    ended: str
    company: str
    company_uri: str
    terms_uri: str
    policy_uri: str
    purpose: str
    reference: str
    by_delegate: bool
    parts: tuple[ReceiptPart, ...]
    services: tuple[ReceiptServices, ...]
    left_out: tuple[str, ...]
    reads_personal: bool
    approver: str
    owners: str
    newer: str
    changes: tuple[ThenAndNow, ...]
    timeline: tuple[TimelineEntry, ...]


def receipt_page(receipt: Receipt, *, user: User | None, at: datetime) -> ReceiptPage:
    """`receipt` (with grant, its client and user loaded) for `user`, None where nobody is logged in.

    Personal values are shown to who approved, and to those who see the contracts, of which only theirs. Queries
    do not grow with services.
    """
    facts, grant = receipt.facts, receipt.grant
    readable = _readable_contracts(receipt, user=user, at=at)
    current = current_receipt(grant) if receipt.superseded_by_id else receipt  # what holds now (F-200)
    has_ended = status_at(grant, at) in ENDED
    return ReceiptPage(
        number=receipt.number,
        created=f"{moment_in_words(receipt.created)} ({zone_in_words()})",
        utility=facts["utility"],
        utility_terms_uri=facts.get("utility_terms_uri", ""),
        status=words_of(grant, at, viewer=user if readable else None),
        is_open=not has_ended,
        until=day_in_words(last_day(grant.access_ends)) if grant.access_ends else "",
        ended=_ended(receipt) if has_ended else "",
        company=facts["client"]["name"],
        company_uri=facts["client"]["uri"],
        terms_uri=facts["client"]["terms_uri"],
        policy_uri=facts["client"]["policy_uri"],
        purpose=facts["purpose"],
        reference=facts["reference"],
        by_delegate=facts["role"] == "delegate",
        parts=tuple(_part(part) for part in facts["parts"]),
        services=_services(facts, readable),
        left_out=tuple(left["title"] for left in facts["left_out"]),
        reads_personal=bool(readable),
        approver=_person(receipt.personal.get("approver", {})) if readable else "",
        owners=_owners(receipt) if readable else "",
        newer="" if current == receipt else current.number,
        changes=changes_since(receipt, current, readable=readable, has_ended=has_ended),
        timeline=timeline(grant, viewer=user) if readable else (),
    )


def _ended(receipt: Receipt) -> str:
    """When the sharing ended; where the task that records it has not run yet, its agreed end."""
    recorded = receipt.grant.events.filter(to_status__in=ENDED).values_list("at", flat=True).first()
    end = recorded or receipt.grant.access_ends
    return moment_in_words(end) if end else ""


def _readable_contracts(receipt: Receipt, *, user: User | None, at: datetime) -> Named:
    """The stored contracts that `user` may read, by public id (F-189, F-190)."""
    contracts: Named = receipt.personal.get("contracts", {})
    if user is None:
        return {}
    if receipt.grant.user_id == user.pk:
        return contracts
    seen = set(
        visible_contracts(user=user, at=at)
        .filter(public_id__in=list(contracts))
        .values_list("public_id", flat=True)
    )
    return {key: contract for key, contract in contracts.items() if key in seen}


def _person(person: Mapping[str, str]) -> str:
    return person.get("name") or person.get("email", "")


def _owners(receipt: Receipt) -> str:
    """For whom a delegate acted."""
    return ", ".join(_person(owner) for owner in receipt.personal.get("owners", []))


def _part(part: Mapping[str, Any]) -> ReceiptPart:
    return ReceiptPart(
        scope=part["scope"],
        title=part["title"],
        sentence=f"{part['sentence']} {part['hint']}".strip(),
        badge=part["badge"],
        period=f"{part['period']} {part['access']}".strip(),
        exact=part["exact"],
        includes=tuple((words, example) for words, example in part["includes"]),
        excludes=part["excludes"],
        services=part["services"],
        added_later=part["added_later"],
    )


def _services(facts: Mapping[str, Any], readable: Named) -> tuple[ReceiptServices, ...]:
    """Each distinct choice of services once, whatever kinds of data it was made for."""
    lists: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for part in facts["parts"]:
        chosen, left = tuple(part["contracts"]), tuple(part["contracts_left_out"])
        lists.setdefault((chosen, left), []).append(part["title"])
    found = [
        ReceiptServices(
            titles=tuple(titles) if len(lists) > 1 else (),
            chosen=_contracts(chosen, readable),
            left_out=_contracts(left, readable),
        )
        for (chosen, left), titles in lists.items()
    ]
    return tuple(one for one in found if one.chosen or one.left_out)


def _contracts(public_ids: tuple[str, ...], readable: Named) -> tuple[ReceiptContract, ...]:
    known = [readable[public_id] for public_id in public_ids if public_id in readable]
    known.sort(key=lambda contract: (contract["account_number"], contract["number"]))
    return tuple(_named(contract) for contract in known)


def _named(contract: Mapping[str, str]) -> ReceiptContract:
    label = f"{capfirst(commodity_in_words(contract['commodity']))} {contract['number']}"
    account = _("account %(number)s") % {"number": contract["account_number"]}
    return ReceiptContract(
        label=f"{contract['name']}, {label}" if contract["name"] else label,
        detail=", ".join(part for part in (contract["address"], account) if part),
    )
