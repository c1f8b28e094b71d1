"""One grant as its customer sees it: what, which, until when, by whom."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.queries.support_sessions import support_sessions_of
from cdsc_portal.lib.time.dates_in_words import moment_in_words
from consent.models import Grant
from consent.pages.sharing.reads import note_on_reads
from consent.pages.sharing.shared_services import ServiceList, seen_of, service_lists
from consent.pages.sharing.timeline import TimelineEntry, timeline
from consent.pages.status_words import StatusWords, words_of
from consent.queries.grant_contents import GrantContents, PartContents, grant_contents
from consent.queries.part_periods import part_in_words
from consent.queries.visible_grants import grants_user_may_stop, is_open
from consent.scopes.catalogue import SCOPES
from consent.wording import services_in_words, until_in_words

if TYPE_CHECKING:
    from consent.queries.visible_grants import SeenGrant


@dataclass(frozen=True, slots=True)
class SharedPart:
    """One kind of data with its period and how many of the reader's services; `later` says whether more join."""

    scope: str
    title: str | Promise
    period: str
    services: str
    later: str


@dataclass(frozen=True, slots=True)
class ReceiptLink:
    """Who sees the grant reads its receipts by their number; only the giver's mail holds an address that stops it."""

    number: str
    created: str


@dataclass(frozen=True, slots=True)
class SupportLook:
    """When the utility's support looked at the customer's pages, and why."""

    at: datetime
    when: str
    reason: str


@dataclass(frozen=True, slots=True)
class SharingDetail:
    """The page, in words; `shared_by` is empty where it was the reader.

    `has_others`: services that the reader may not see are shared too.
    """

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
    services: tuple[ServiceList, ...]
    has_others: bool
    receipts: tuple[ReceiptLink, ...]
    timeline: tuple[TimelineEntry, ...]
    support_sessions: tuple[SupportLook, ...]


def sharing_detail(grant: "SeenGrant", *, user: User, at: datetime) -> SharingDetail:
    """`grant` (one of `visible_grants`) for `user`, who sees only the contracts they may see. Ten queries."""
    opens = is_open(grant, at)
    contents = grant_contents(grant)
    seen = seen_of(contents, user=user, at=at)
    return SharingDetail(
        public_id=grant.public_id,
        company=grant.client.name,
        status=words_of(grant, at, viewer=user),
        is_open=opens,
        may_stop=opens and bool(grants_user_may_stop([grant], user=user, at=at)),
        until=until_in_words(grant),
        last_read=moment_in_words(grant.last_read) if grant.last_read else "",
        note_on_reads=note_on_reads(last_read=grant.last_read, at=at) if opens else "",
        shared_by=str(grant.user) if grant.user is not None and grant.user_id != user.pk else "",
        parts=_parts(grant, contents, seen, at),
        services=service_lists(contents, seen=seen),
        has_others=len(seen) < len(contents.contracts),
        receipts=tuple(
            ReceiptLink(
                number=receipt.number,
                created=moment_in_words(receipt.created),
            )
            for receipt in grant.receipts.all()
        ),
        timeline=timeline(grant, viewer=user),
        support_sessions=_support_sessions(grant, contents, seen),
    )


def _parts(
    grant: Grant, contents: GrantContents, seen: Collection[int], at: datetime
) -> tuple[SharedPart, ...]:
    """Details as granted stand in the order of the parts."""
    return tuple(
        SharedPart(
            scope=part.row.scope,
            title=SCOPES[part.row.scope].title,
            period=part_in_words(part.row, detail, at=at),
            services=services_in_words(
                contents.contracts[pk].commodity for pk in part.contracts if pk in seen
            ),
            later=_later(part),
        )
        for part, detail in zip(contents.parts, grant.authorization_details, strict=True)
    )


def _later(part: PartContents) -> str:
    return _("Services you add later are included.") if part.future_accounts else ""


def _support_sessions(
    grant: Grant, contents: GrantContents, seen: Collection[int]
) -> tuple[SupportLook, ...]:
    """Support sessions of the customers of the reader's services, since the grant was given."""
    customers = {contents.contracts[pk].billing_account.customer_id for pk in seen}
    return tuple(
        SupportLook(session.at, moment_in_words(session.at), session.reason)
        for session in support_sessions_of(customer_ids=customers)
        if session.at >= grant.created
    )
