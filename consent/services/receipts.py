"""The stored receipt: what was shown and chosen, in the words it was shown in (F-184 to F-200).

`facts` (proof, kept): utility, utility_terms_uri, client {name, uri, terms_uri, policy_uri}, purpose, reference,
language, role (owner or delegate), approved_at, access_ends, one_time, parts, left_out [{scope, title}]. A part: scope,
title, sentence, includes [[words, example]], excludes, hint, badge, period, access, exact, start, end,
access_ends, contracts and contracts_left_out (public ids), services (counted in words), added_later. Instants
are ISO 8601 in UTC. `personal` (erasable): approver {name, email}, owners [{name, email}] where a delegate
approved, contracts {public id: {number, commodity, name, address, account_number, account_name}}.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import get_language

from accounts.models import ServiceContract, User
from accounts.queries.roles import owners_of
from consent.models import ConsentRequest, Grant, Receipt, RecordedConsent
from consent.periods import PartPeriod
from consent.scopes.base import Scope
from consent.scopes.catalogue import SCOPES
from consent.services.decision import ApprovedPart
from consent.services.grants import RemainingPart
from consent.services.offer.values import Card, Choice, Offer
from consent.wording import (
    access_in_words,
    badge_in_words,
    exact_period_in_words,
    period_in_words,
    recorded_in_words,
    services_in_words,
)


def write_receipt(
    *,
    grant: Grant,
    request: ConsentRequest,
    offer: Offer,
    approved: Collection[ApprovedPart],
    by: User,
    at: datetime,
    recorded: RecordedConsent | None = None,
) -> Receipt:
    """Store the receipt of an approval, in the language the page was read in, or what was read out."""
    choices = {choice.pk: choice for group in offer.groups for choice in group.choices}
    chosen = {part.scope.id: part for part in approved}
    facts = {
        "utility": settings.UTILITY_NAME,
        "utility_terms_uri": settings.TERMS_URL,
        "client": {
            "name": offer.client_name,
            "uri": offer.client_uri,
            "terms_uri": offer.terms_uri,
            "policy_uri": offer.policy_uri,
        },
        "purpose": offer.purpose,
        "reference": request.reference,
        "language": get_language() or settings.LANGUAGE_CODE,
        "role": "delegate" if offer.delegate else "owner",
        "approved_at": at.isoformat(),
        **_ends(grant),
        "parts": [
            {**_wording(card), **_granted_part_facts(chosen[card.scope.id], choices, card.contracts, at=at)}
            for card in offer.cards
            if card.scope.id in chosen
        ],
        "left_out": [
            {"scope": card.scope.id, "title": card.title}
            for card in offer.cards
            if card.scope.id not in chosen
        ],
    }
    if recorded is not None:
        facts["recorded"] = recorded_in_words(recorded.how, recorded.given_at)
    personal = {
        "approver": _person(by),
        "owners": _owners(approved, at) if offer.delegate else [],
        "contracts": {choice.public_id: _choice_facts(choice) for choice in choices.values()},
    }
    return Receipt.objects.create(grant=grant, facts=facts, personal=personal, created=at)


def supersede_receipt(
    *,
    former: Receipt,
    grant: Grant,
    remaining: Collection[RemainingPart],
    contracts: Mapping[int, ServiceContract],
    at: datetime,
    form_token: str | None,
) -> Receipt:
    """Store the receipt of a narrowed grant and link the former one to it (F-173, F-199, F-200).

    Wording, client and purpose stay as the customer read them; `contracts` are those the grant opened before, by
    key.
    """
    by_scope = {part.row.scope: part for part in remaining}
    shown = former.facts["parts"]
    facts = {
        **former.facts,
        "changed_at": at.isoformat(),
        **_ends(grant),
        "parts": [
            {**part, **_remaining_part_facts(by_scope[part["scope"]], part, contracts, at)}
            for part in shown
            if part["scope"] in by_scope
        ],
        "left_out": former.facts["left_out"]
        + [
            {"scope": part["scope"], "title": part["title"]}
            for part in shown
            if part["scope"] not in by_scope
        ],
    }
    receipt = Receipt.objects.create(
        grant=grant,
        facts=facts,
        personal=_personal_facts(former, contracts),
        created=at,
        form_token=form_token,
    )
    with connection.cursor() as cursor:  # the one change of a receipt that the database lets pass
        cursor.execute("SELECT supersede_receipt(%s, %s)", [former.pk, receipt.pk])
    former.superseded_by = receipt
    return receipt


def _wording(card: Card) -> dict[str, Any]:
    return {
        "scope": card.scope.id,
        "title": card.title,
        "sentence": card.sentence,
        "includes": [list(pair) for pair in card.includes],
        "excludes": card.excludes,
        "hint": card.hint,
    }


def _granted_part_facts(
    part: ApprovedPart, choices: Mapping[int, Choice], offered: Collection[int], *, at: datetime
) -> dict[str, Any]:
    return {
        **_dates(part.scope, part.period, at),
        "contracts": sorted(choices[pk].public_id for pk in part.contracts),
        "contracts_left_out": sorted(choices[pk].public_id for pk in offered if pk not in part.contracts),
        "services": services_in_words(choices[pk].commodity for pk in part.contracts),
        "added_later": bool(part.future_accounts),
    }


def _remaining_part_facts(
    remaining: RemainingPart, shown: Mapping[str, Any], contracts: Mapping[int, ServiceContract], at: datetime
) -> dict[str, Any]:
    """What differs from the part as it was shown before."""
    ids = sorted(contracts[pk].public_id for pk in remaining.contracts)
    dates = _dates(SCOPES[remaining.row.scope], remaining.period, at) if remaining.period is not None else {}
    return {
        **dates,
        "contracts": ids,
        "contracts_left_out": sorted({*shown["contracts"], *shown["contracts_left_out"]} - set(ids)),
        "services": services_in_words(contracts[pk].commodity for pk in remaining.contracts),
        "added_later": bool(remaining.future_accounts),
    }


def _personal_facts(former: Receipt, contracts: Mapping[int, ServiceContract]) -> dict[str, Any]:
    """The former's, with services that joined since; once erased, nothing comes back."""
    known: dict[str, Any] = former.personal
    if "contracts" not in known:
        return known
    joined = {contract.public_id: _contract_facts(contract) for contract in contracts.values()}
    return {**known, "contracts": {**joined, **known["contracts"]}}


def _dates(scope: Scope, period: PartPeriod, at: datetime) -> dict[str, Any]:
    window = period.window
    return {
        "badge": badge_in_words(period),
        "period": period_in_words(scope, period, at=at),
        "access": access_in_words(period),
        "exact": exact_period_in_words(period),
        "start": window.start.isoformat() if window.start else None,
        "end": window.end.isoformat() if window.end else None,
        "access_ends": period.access_ends.isoformat(),
    }


def _ends(grant: Grant) -> dict[str, Any]:
    ends = grant.access_ends
    return {"access_ends": ends.isoformat() if ends else None, "one_time": not grant.refreshable}


def _person(user: User) -> dict[str, str]:
    return {"name": user.name, "email": user.email}


def _owners(approved: Collection[ApprovedPart], at: datetime) -> list[dict[str, str]]:
    keys = frozenset[int]().union(*(part.contracts for part in approved))
    return [_person(owner) for owner in owners_of(contracts=keys, at=at)]


def _choice_facts(choice: Choice) -> dict[str, str]:
    return {
        "number": choice.number,
        "commodity": choice.commodity,
        "name": choice.name,
        "address": choice.address,
        "account_number": choice.account_number,
        "account_name": choice.account_name,
    }


def _contract_facts(contract: ServiceContract) -> dict[str, str]:
    return {
        "number": contract.contract_number,
        "commodity": contract.commodity,
        "name": contract.name,
        "address": contract.address,
        "account_number": contract.billing_account.account_number,
        "account_name": contract.billing_account.name,
    }
