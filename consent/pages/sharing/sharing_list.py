"""The sharing page's list: grants that are open, requests that wait for a decision, grants that have ended."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.paginator import Page, Paginator
from django.db.models import (
    BooleanField,
    Exists,
    ExpressionWrapper,
    OuterRef,
    Q,
    prefetch_related_objects,
)
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.queries.roles import visible_contracts
from cdsc_portal.lib.text.csv_cells import plain_cell
from cdsc_portal.lib.time.dates_in_words import moment_in_words
from consent.models import ConsentRequest, RequestStatus, Selection
from consent.pages.sharing.shared_services import AccountsOnCard, account_rows, accounts_of
from consent.pages.status_words import StatusWords, words_of
from consent.queries.visible_grants import (
    grants_in_sight,
    grants_user_may_stop,
    is_open,
    open_at,
    visible_grants,
    with_times,
)
from consent.scopes.catalogue import SCOPES
from consent.wording import until_in_words

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from consent.queries.visible_grants import GrantInSight, SeenGrant

SEARCH_FROM = 11  # entries, as everywhere
_CARDS_A_PAGE = 24
_GRANTS_AT_ONCE = 500
CSV_HEADER = (
    "company",
    "status",
    "data",
    "account",
    "account_name",
    "services",
    "shared_since_utc",
    "access_ends_utc",
    "ended_at_utc",
    "last_read_utc",
    "shared_by",
    "sharing_id",
)


@dataclass(frozen=True, slots=True)
class SharingCard:
    """One company's access, as the list shows it. All values are words, ready to print."""

    public_id: str
    company: str
    status: StatusWords
    data: tuple[str | Promise, ...]
    accounts: str
    until: str
    last_read: str
    shared_by: str
    is_open: bool
    may_stop: bool


@dataclass(frozen=True, slots=True)
class WaitingCard:
    """A request that waits for this user's decision."""

    reference: str
    company: str
    asked: str
    expires: str


@dataclass(frozen=True, slots=True)
class ListFilter:
    """The search text as typed, and the page number in each group."""

    search: str = ""
    now: int = 1
    ended: int = 1


@dataclass(frozen=True, slots=True)
class SharingList:
    """The page in its three groups, newest first, each group a page at a time.

    `companies`: how many companies can read now; one company may have several grants. `has_search`: long enough to
    be searched, or searched already.
    """

    now: tuple[SharingCard, ...]
    waiting: tuple[WaitingCard, ...]
    ended: tuple[SharingCard, ...]
    companies: int
    now_page: "Page[int]"
    ended_page: "Page[int]"
    search: str
    has_search: bool


def sharing_list(*, user: User, at: datetime, filters: ListFilter | None = None) -> SharingList:
    """What is shared from the accounts `user` may see and matches, and what waits for the user.

    Eight queries at most, however much is shared.
    """
    filters = filters or ListFilter()
    grants = _matching(grants_in_sight(user=user, at=at), filters.search, user=user, at=at)
    opens = ExpressionWrapper(open_at(at), output_field=BooleanField())
    entries = list(grants.annotate(opens=opens).values_list("pk", "client__name", "opens"))
    now = _page([key for key, _company, opens_now in entries if opens_now], filters.now)
    ended = _page([key for key, _company, opens_now in entries if not opens_now], filters.ended)
    shown = list(with_times(grants.filter(pk__in=[*now, *ended])))
    prefetch_related_objects(shown, "parts")
    accounts = accounts_of(shown, user=user, at=at)
    stoppable = grants_user_may_stop(shown, user=user, at=at)
    cards = [
        _card(grant, user=user, at=at, accounts=accounts, may_stop=grant.pk in stoppable) for grant in shown
    ]
    waiting = waiting_requests(user=user, at=at)
    return SharingList(
        now=tuple(card for card in cards if card.is_open),
        waiting=waiting,
        ended=tuple(card for card in cards if not card.is_open),
        companies=len({company for _key, company, opens_now in entries if opens_now}),
        now_page=now,
        ended_page=ended,
        search=filters.search,
        has_search=bool(filters.search) or len(entries) + len(waiting) >= SEARCH_FROM,
    )


def waiting_requests(*, user: User, at: datetime) -> tuple[WaitingCard, ...]:
    """Requests `user` has opened and not decided, which can still be decided at `at`. One query."""
    requests = ConsentRequest.objects.filter(user=user, status=RequestStatus.WAITING, expires__gt=at)
    return tuple(
        WaitingCard(
            reference=request.reference,
            company=request.client.name,
            asked=moment_in_words(request.created),
            expires=moment_in_words(request.expires),
        )
        for request in requests.select_related("client")
    )


def list_rows(*, user: User, at: datetime) -> Iterator[tuple[object, ...]]:
    """Everything that is or was shared under CSV_HEADER, newest first: a line for each sharing and account.

    Instants in UTC. Three queries for each 500 sharings, however many accounts.
    """
    grants: list[SeenGrant] = []
    for grant in visible_grants(user=user, at=at).iterator(chunk_size=_GRANTS_AT_ONCE):
        grants.append(grant)
        if len(grants) == _GRANTS_AT_ONCE:
            yield from _rows(grants, user=user, at=at)
            grants = []
    yield from _rows(grants, user=user, at=at)


def _matching(
    grants: "QuerySet[GrantInSight]", search: str, *, user: User, at: datetime
) -> "QuerySet[GrantInSight]":
    """Those whose company, or one of whose accounts or services that the user may see, has every word."""
    seen = visible_contracts(user=user, at=at)
    for word in search.split():
        named = (
            Q(contract__contract_number__istartswith=word)
            | Q(contract__billing_account__account_number__istartswith=word)
            | Q(contract__name__icontains=word)
            | Q(contract__billing_account__name__icontains=word)
        )
        chosen = Selection.objects.filter(named, part__grant=OuterRef("pk"), contract__in=seen)
        grants = grants.filter(Q(client__name__icontains=word) | Exists(chosen))
    return grants


def _page(keys: list[int], number: int) -> "Page[int]":
    return Paginator(keys, _CARDS_A_PAGE).get_page(number)


def _card(
    grant: "SeenGrant", *, user: User, at: datetime, accounts: Mapping[int, AccountsOnCard], may_stop: bool
) -> SharingCard:
    giver = grant.user if grant.user_id != user.pk else None
    opens = is_open(grant, at)
    return SharingCard(
        public_id=grant.public_id,
        company=grant.client.name,
        status=words_of(grant, at, viewer=user),
        data=tuple(SCOPES[part.scope].title for part in grant.parts.all()),
        accounts=_accounts(accounts.get(grant.pk)),
        until=until_in_words(grant),
        last_read=moment_in_words(grant.last_read) if grant.last_read else "",
        shared_by=str(giver) if giver else "",
        is_open=opens,
        may_stop=opens and may_stop,
    )


def _accounts(accounts: AccountsOnCard | None) -> str:
    """Up to four numbers; of more, the first three and how many follow."""
    if accounts is None:
        return ""
    if accounts.count <= len(accounts.first):
        return ", ".join(accounts.first)
    first = accounts.first[:3]
    rest = {"first": ", ".join(first), "count": accounts.count - len(first)}
    return _("%(first)s and %(count)s more") % rest


def _rows(grants: "list[SeenGrant]", *, user: User, at: datetime) -> Iterator[tuple[object, ...]]:
    prefetch_related_objects(grants, "parts")
    accounts = account_rows(grants, user=user, at=at)
    for grant in grants:
        ended = grant.ended_at or (None if grant.reaches else grant.left_at)
        whole = (
            plain_cell(grant.client.name),
            str(words_of(grant, at, viewer=user).words),
            "; ".join(str(SCOPES[part.scope].title) for part in grant.parts.all()),
        )
        times = (
            *(
                moment.isoformat() if moment else ""
                for moment in (grant.created, grant.access_ends, ended, grant.last_read)
            ),
            plain_cell(str(grant.user)) if grant.user else "",
            grant.public_id,
        )
        for number, name, services in accounts.get(grant.pk, [("", "", 0)]):
            yield (*whole, plain_cell(number), plain_cell(name), services, *times)
