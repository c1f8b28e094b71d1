"""One grant as its customer sees it: what, which, until when, by whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import prefetch_related_objects
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.queries.support_sessions import support_sessions_of
from cdsc_portal.lib.time.dates_in_words import moment_in_words
from consent.models import Grant
from consent.pages.sharing.reads import note_on_reads
from consent.pages.sharing.shared_services import ServiceList, service_lists
from consent.pages.sharing.timeline import TimelineEntry, timeline
from consent.pages.status_words import StatusWords, words_of
from consent.queries.grant_contents import grant_contents, visible_keys
from consent.queries.visible_grants import grants_user_may_stop, is_open
from consent.wording import part_in_words, readings_in_words, services_in_words, until_in_words

if TYPE_CHECKING:
    from consent.queries.visible_grants import VisibleGrant


@dataclass(frozen=True, slots=True)
class SharedPart:
    """One kind of data with its period and how many of the reader's services; `later` says whether more join."""

    title: str | Promise
    period: str
    services: str
    later: str


@dataclass(frozen=True, slots=True)
class SharingDetail:
    """The page; `shared_by` is empty where it was the reader.

    `has_others`: services that the reader may not see are shared too. `receipts` are numbers with their time: who sees
    the grant reads them by their number, and only the giver's mail holds an address that stops it. `support_sessions`
    say when the utility's support looked at the customer's pages, and why. `agreed` are the facts of the receipt that
    holds: the company's purpose and terms as they were read.
    """

    grant: Grant
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
    receipts: tuple[tuple[str, str], ...]
    agreed: Mapping[str, Any]
    timeline: tuple[TimelineEntry, ...]
    support_sessions: tuple[TimelineEntry, ...]


def sharing_detail(grant: "VisibleGrant", *, user: User, at: datetime) -> SharingDetail:
    """`grant` (one of `visible_grants`) for `user`, who sees only the contracts they may see. Ten queries."""
    opens = is_open(grant, at)
    prefetch_related_objects([grant], "receipts")
    receipts = grant.receipts.all()  # newest first
    contents = grant_contents(grant)
    visible = visible_keys(contents, user=user, at=at)
    contracts = {pk: contract for pk, contract in contents.contracts.items() if pk in visible}
    customers = {contract.billing_account.customer_id for contract in contracts.values()}
    return SharingDetail(
        grant=grant,
        status=words_of(grant, at, viewer=user),
        is_open=opens,
        may_stop=opens and bool(grants_user_may_stop([grant], user=user, at=at)),
        until=until_in_words(grant),
        last_read=moment_in_words(grant.last_read) if grant.last_read else "",
        note_on_reads=note_on_reads(last_read=grant.last_read, at=at) if opens else "",
        shared_by=str(grant.user) if grant.user is not None and grant.user_id != user.pk else "",
        parts=tuple(
            SharedPart(
                title=part.scope.title,
                period=f"{part_in_words(part.scope, part.period, at=at)} {readings_in_words(part)}".strip(),
                services=services_in_words(contracts[pk].commodity for pk in part.contracts & visible),
                later=_("Services you add later are included.") if part.future_accounts else "",
            )
            for part in contents.parts
        ),
        services=service_lists(contents, visible=visible),
        has_others=len(visible) < len(contents.contracts),
        receipts=tuple((receipt.number, moment_in_words(receipt.created)) for receipt in receipts),
        agreed=receipts[0].facts,
        timeline=timeline(grant, viewer=user),
        support_sessions=tuple(
            TimelineEntry(session.at, moment_in_words(session.at), session.reason)
            for session in support_sessions_of(customer_ids=customers)
            if session.at >= grant.created
        ),
    )
