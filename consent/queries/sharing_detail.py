"""One grant as its customer sees it: what, which, until when, by whom."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.queries.roles import visible_contracts
from cdsc_portal.lib.dates_in_words import moment_in_words
from consent.models import Grant, GrantPart, Selection
from consent.queries.reads import note_on_reads
from consent.queries.sharing_list import grants_user_may_stop, until_words
from consent.queries.status_words import StatusWords, words_of
from consent.queries.timeline import TimelineEntry, timeline
from consent.queries.visible_grants import status_at
from consent.scopes.catalogue import SCOPES
from consent.transitions import ENDED

if TYPE_CHECKING:
    from consent.queries.visible_grants import SeenGrant


@dataclass(frozen=True, slots=True)
class SharedContract:
    """A chosen service: what it is, and the numbers and address to know it by."""

    label: str
    detail: str


@dataclass(frozen=True, slots=True)
class SharedPart:
    """One kind of data with its period and services; `future` says whether later services join."""

    scope: str
    title: str | Promise
    period: str
    contracts: tuple[SharedContract, ...]
    future: str


@dataclass(frozen=True, slots=True)
class ReceiptLink:
    key: str
    number: str
    created: str


@dataclass(frozen=True, slots=True)
class SharingDetail:
    """The page, in words; `shared_by` is empty where it was the reader."""

    public_id: str
    company: str
    status: StatusWords
    is_open: bool
    may_stop: bool
    until: str
    last_read: str
    note_on_reads: str
    shared_by: str
    parts: tuple[SharedPart, ...]
    receipts: tuple[ReceiptLink, ...]
    timeline: tuple[TimelineEntry, ...]


def sharing_detail(grant: "SeenGrant", *, user: User, at: datetime) -> SharingDetail:
    """`grant` (one of `visible_grants`) for `user`, who sees only the contracts they may see. Seven queries."""
    is_open = status_at(grant, at) not in ENDED
    return SharingDetail(
        public_id=grant.public_id,
        company=grant.client.name,
        status=words_of(grant, at, viewer=user),
        is_open=is_open,
        may_stop=is_open and bool(grants_user_may_stop([grant], user=user, at=at)),
        until=until_words(grant),
        last_read=moment_in_words(grant.last_read) if grant.last_read else "",
        note_on_reads=note_on_reads(last_read=grant.last_read, at=at) if is_open else "",
        shared_by=str(grant.user) if grant.user is not None and grant.user_id != user.pk else "",
        parts=_parts(grant, user=user, at=at),
        receipts=tuple(
            ReceiptLink(receipt.key, receipt.number, moment_in_words(receipt.created))
            for receipt in grant.receipts.all()
        ),
        timeline=timeline(grant, viewer=user),
    )


def _parts(grant: Grant, *, user: User, at: datetime) -> tuple[SharedPart, ...]:
    contracts = _contracts_by_part(grant, user=user, at=at)
    periods = _periods_as_shown(grant)
    return tuple(
        SharedPart(
            scope=part.scope,
            title=SCOPES[part.scope].title,
            period=periods.get(part.scope, ""),
            contracts=tuple(contracts[part.pk]),
            future=_future(part),
        )
        for part in grant.parts.prefetch_related("future_accounts")
    )


def _periods_as_shown(grant: Grant) -> dict[str, str]:
    """By scope: the sentences of the current receipt."""
    receipt = next((found for found in grant.receipts.all() if found.superseded_by_id is None), None)
    parts = receipt.facts["parts"] if receipt else []
    return {part["scope"]: f"{part['period']} {part['access']}".strip() for part in parts}


def _contracts_by_part(grant: Grant, *, user: User, at: datetime) -> dict[int, list[SharedContract]]:
    chosen = Selection.objects.filter(
        part__grant=grant, contract__in=visible_contracts(user=user, at=at)
    ).select_related("contract__billing_account")
    found: dict[int, list[SharedContract]] = defaultdict(list)
    for selection in chosen.order_by(
        "contract__billing_account__account_number", "contract__contract_number"
    ):
        found[selection.part_id].append(_contract(selection))
    return found


def _contract(selection: Selection) -> SharedContract:
    contract = selection.contract
    words = {"commodity": contract.get_commodity_display(), "number": contract.contract_number}
    account = _("account %(number)s") % {"number": contract.billing_account.account_number}
    return SharedContract(
        label=contract.name or _("%(commodity)s, %(number)s") % words,
        detail=", ".join(part for part in (contract.address, account) if part),
    )


def _future(part: GrantPart) -> str:
    return _("Services you add later are included.") if part.future_accounts.all() else ""
