"""The stored receipt: what was shown and chosen, in the words it was shown in (F-184 to F-200).

`facts` (proof, kept): utility, utility_terms_uri, client {name, uri, terms_uri, policy_uri}, purpose, reference,
language, role (owner or delegate), approved_at, access_ends, one_time, parts, left_out [{scope, title}]. A part: scope,
title, sentence, includes [[words, example]], excludes, hint, badge, period, access, exact, start, end, readings (how
fine, of how many meters), access_ends, contracts and contracts_left_out (public ids), services (counted in words),
added_later. Instants are ISO 8601 in UTC. `personal` (erasable): approver {name, email}, owners [{name, email}] where a
delegate approved, contracts {public id: {number, commodity, name, address, account_number, account_name}}.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import get_language

from accounts.models import ServiceContract, User
from accounts.queries.roles import owners_of
from consent.models import Grant, Receipt, RecordedConsent
from consent.parts import Part
from consent.queries.grant_contents import GrantContents
from consent.services.offer import Offer
from consent.wording import (
    access_in_words,
    badge_in_words,
    exact_period_in_words,
    period_in_words,
    readings_in_words,
    recorded_in_words,
    services_in_words,
)


def write_receipt(
    *,
    grant: Grant,
    offer: Offer,
    parts: Collection[Part],
    by: User,
    recorded: RecordedConsent | None = None,
    former: Receipt | None = None,
    kept: Collection[Part] = (),
) -> Receipt:
    """Store the receipt of an approval, in the language the page was read in, or what was read out.

    Of a grant that is updated it supersedes the `former` one, and has what that one says of the parts that are `kept`.
    """
    client, contracts, at = offer.request.client, offer.contracts, offer.at
    granted = {part.scope.id: part for part in parts}
    kept_ids = {part.scope.id for part in kept}
    facts = {
        "utility": settings.UTILITY_NAME,
        "utility_terms_uri": settings.TERMS_URL,
        "client": {
            "name": client.name,
            "uri": client.confirmed_uri,
            "terms_uri": client.terms_uri,
            "policy_uri": client.policy_uri,
        },
        "purpose": client.purpose,
        "reference": offer.request.reference,
        "language": get_language() or settings.LANGUAGE_CODE,
        "role": "delegate" if offer.delegate else "owner",
        "approved_at": at.isoformat(),
        **_ends(grant),
        "parts": [
            *(part for part in (former.facts["parts"] if former else ()) if part["scope"] in kept_ids),
            *(
                _part_facts(offered, granted[offered.scope.id], contracts, at)
                for offered in offer.parts
                if offered.scope.id in granted
            ),
        ],
        "left_out": [
            {"scope": part.scope.id, "title": str(part.scope.title)}
            for part in offer.parts
            if part.scope.id not in granted and part.scope.id not in kept_ids
        ],
    }
    if recorded is not None:
        facts["recorded"] = recorded_in_words(recorded.how, recorded.given_at)
    personal = _personal(offer, parts, by=by)
    if former is not None:
        personal["contracts"] = {**former.personal.get("contracts", {}), **personal["contracts"]}
    receipt = Receipt.objects.create(grant=grant, facts=facts, personal=personal, created=at)
    if former is not None:
        _link(former, receipt)
    return receipt


def supersede_receipt(
    *,
    former: Receipt,
    grant: Grant,
    contents: GrantContents,
    remaining: Collection[Part],
    at: datetime,
    form_token: str | None,
) -> Receipt:
    """Store the receipt of a narrowed grant and link the former one to it (F-173, F-199, F-200).

    Wording, client and purpose stay as the customer read them, and dates that did not move; `contents` are those of
    before.
    """
    by_scope = {part.scope.id: part for part in remaining}
    before = {part.scope.id: part.period for part in contents.parts}
    parts, left_out = [], list(former.facts["left_out"])
    for shown in former.facts["parts"]:
        part = by_scope.get(shown["scope"])
        if part is None:
            left_out.append({"scope": shown["scope"], "title": shown["title"]})
            continue
        dates = _dates(part, at) if part.period != before[part.scope.id] else {}
        services = _services(part, contents.contracts, (*shown["contracts"], *shown["contracts_left_out"]))
        parts.append({**shown, **dates, **services, "readings": readings_in_words(part)})
    personal = former.personal
    if "contracts" in personal:  # with services that joined since; once erased, nothing comes back
        joined = _contract_facts(contents.contracts.values())
        personal = {**personal, "contracts": {**joined, **personal["contracts"]}}
    receipt = Receipt.objects.create(
        grant=grant,
        facts={
            **former.facts,
            "changed_at": at.isoformat(),
            **_ends(grant),
            "parts": parts,
            "left_out": left_out,
        },
        personal=personal,
        created=at,
        form_token=form_token,
    )
    _link(former, receipt)
    return receipt


def _personal(offer: Offer, parts: Collection[Part], *, by: User) -> dict[str, Any]:
    owners: Iterable[User] = ()
    if offer.delegate:
        contracts = frozenset[int]().union(*(part.contracts for part in parts))
        owners = owners_of(contracts=contracts, at=offer.at)
    return {
        "approver": {"name": by.name, "email": by.email},
        "owners": [{"name": owner.name, "email": owner.email} for owner in owners],
        "contracts": _contract_facts(offer.contracts.values()),
    }


def _link(former: Receipt, receipt: Receipt) -> None:
    with connection.cursor() as cursor:  # the one change of a receipt that the database lets pass
        cursor.execute("SELECT supersede_receipt(%s, %s)", [former.pk, receipt.pk])
    former.superseded_by = receipt


def _part_facts(
    offered: Part, granted: Part, contracts: Mapping[int, ServiceContract], at: datetime
) -> dict[str, Any]:
    scope = offered.scope
    return {
        "scope": scope.id,
        "title": str(scope.title),
        "sentence": str(scope.sentence),
        "includes": [[str(words), str(example)] for words, example in scope.includes],
        "excludes": str(scope.excludes),
        "hint": str(scope.hint),
        **_dates(granted, at),
        "readings": readings_in_words(granted),
        **_services(granted, contracts, (contracts[pk].public_id for pk in offered.contracts)),
    }


def _dates(part: Part, at: datetime) -> dict[str, Any]:
    period = part.period
    window, ends = period.window, period.access_ends
    return {
        "badge": badge_in_words(period),
        "period": period_in_words(part.scope, period, at=at),
        "access": access_in_words(period),
        "exact": exact_period_in_words(period),
        "start": window.start.isoformat() if window.start else None,
        "end": window.end.isoformat() if window.end else None,
        "access_ends": ends.isoformat() if ends else None,
    }


def _services(part: Part, contracts: Mapping[int, ServiceContract], offered: Iterable[str]) -> dict[str, Any]:
    """The services of `part`, and which of those `offered` (public ids) are not among them."""
    ids = {contracts[pk].public_id for pk in part.contracts}
    return {
        "contracts": sorted(ids),
        "contracts_left_out": sorted(set(offered) - ids),
        "services": services_in_words(contracts[pk].commodity for pk in part.contracts),
        "added_later": bool(part.future_accounts),
    }


def _ends(grant: Grant) -> dict[str, Any]:
    ends = grant.access_ends
    return {"access_ends": ends.isoformat() if ends else None, "one_time": not grant.refreshable}


def _contract_facts(contracts: Iterable[ServiceContract]) -> dict[str, dict[str, str]]:
    return {
        contract.public_id: {
            "number": contract.contract_number,
            "commodity": contract.commodity,
            "name": contract.name,
            "address": contract.address,
            "account_number": contract.billing_account.account_number,
            "account_name": contract.billing_account.name,
        }
        for contract in contracts
    }
