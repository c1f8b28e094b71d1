"""A receipt as it is shown: the stored copy, what holds now, and who may read the personal part (F-184 to F-200)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.queries.roles import visible_contracts
from cdsc_portal.lib.dates_in_words import day_in_words, last_day, moment_in_words
from consent.models import Receipt
from consent.queries.status_words import StatusWords, words_of
from consent.queries.timeline import TimelineEntry, timeline
from consent.queries.visible_grants import status_at
from consent.transitions import ENDED


@dataclass(frozen=True, slots=True)
class ReceiptContract:
    """A service as it was named at the approval."""

    label: str
    detail: str


@dataclass(frozen=True, slots=True)
class ReceiptPart:
    """One kind of data as it was shown; `contracts` only for those who may read them."""

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
    contracts: tuple[ReceiptContract, ...]
    contracts_left_out: tuple[ReceiptContract, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """Another receipt of the same sharing."""

    key: str
    number: str


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """Everything the template prints. `now` holds the parts of the current receipt where this one is superseded."""

    key: str
    number: str
    created: str
    utility: str
    status: StatusWords
    is_open: bool
    until: str
    company: str
    company_now: str
    company_uri: str
    terms_uri: str
    policy_uri: str
    purpose: str
    reference: str
    by_delegate: bool
    parts: tuple[ReceiptPart, ...]
    left_out: tuple[str, ...]
    reads_personal: bool
    approver: str
    newer: Link | None
    now: tuple[ReceiptPart, ...]
    timeline: tuple[TimelineEntry, ...]


def receipt_page(receipt: Receipt, *, user: User | None, at: datetime) -> ReceiptPage:
    """`receipt` (with grant, its client and user loaded) for `user`, None where nobody is logged in.

    Personal values are shown to who approved, and to those who see the contracts, of which only theirs.
    """
    facts, grant = receipt.facts, receipt.grant
    readable = _readable_contracts(receipt, user=user, at=at)
    current = _current(receipt)
    return ReceiptPage(
        key=receipt.key,
        number=receipt.number,
        created=moment_in_words(receipt.created),
        utility=facts["utility"],
        status=words_of(grant, at),
        is_open=status_at(grant, at) not in ENDED,
        until=day_in_words(last_day(grant.access_ends)) if grant.access_ends else "",
        company=facts["client"]["name"],
        company_now=grant.client.name if grant.client.name != facts["client"]["name"] else "",
        company_uri=facts["client"]["uri"],
        terms_uri=facts["client"]["terms_uri"],
        policy_uri=facts["client"]["policy_uri"],
        purpose=facts["purpose"],
        reference=facts["reference"],
        by_delegate=facts["role"] == "delegate",
        parts=_parts(facts, readable),
        left_out=tuple(left["title"] for left in facts["left_out"]),
        reads_personal=bool(readable),
        approver=_approver(receipt) if readable else "",
        newer=None if current is None else Link(current.key, current.number),
        now=() if current is None else _parts(current.facts, readable),
        timeline=timeline(grant, viewer=user) if readable else (),
    )


def _current(receipt: Receipt) -> Receipt | None:
    """The receipt that holds now, where this one was superseded (F-200)."""
    if receipt.superseded_by_id is None:
        return None
    return Receipt.objects.get(grant=receipt.grant_id, superseded_by=None)


def _readable_contracts(
    receipt: Receipt, *, user: User | None, at: datetime
) -> Mapping[str, Mapping[str, str]]:
    """The stored contracts that `user` may read, by public id (F-189, F-190)."""
    contracts: Mapping[str, Mapping[str, str]] = receipt.personal.get("contracts", {})
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


def _approver(receipt: Receipt) -> str:
    person: Mapping[str, str] = receipt.personal.get("approver", {})
    return person.get("name") or person.get("email", "")


def _parts(facts: Mapping[str, Any], readable: Mapping[str, Mapping[str, str]]) -> tuple[ReceiptPart, ...]:
    return tuple(
        ReceiptPart(
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
            contracts=_contracts(part["contracts"], readable),
            contracts_left_out=_contracts(part["contracts_left_out"], readable),
        )
        for part in facts["parts"]
    )


def _contracts(
    public_ids: list[str], readable: Mapping[str, Mapping[str, str]]
) -> tuple[ReceiptContract, ...]:
    lines = []
    for contract in (readable[public_id] for public_id in public_ids if public_id in readable):
        account = _("account %(number)s") % {"number": contract["account_number"]}
        label = contract["number"]
        if contract["name"]:
            label = f"{contract['name']}, {label}"
        lines.append(
            ReceiptContract(label=label, detail=", ".join(p for p in (contract["address"], account) if p))
        )
    return tuple(lines)
