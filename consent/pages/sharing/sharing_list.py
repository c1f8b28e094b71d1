"""The sharing page's list: grants that are open, requests that wait for a decision, grants that have ended."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

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
from cdsc_portal.lib.db.compiled_query import Keys, compiled_query
from cdsc_portal.lib.text.csv_cells import plain_cell
from cdsc_portal.lib.time.dates_in_words import day_in_words, moment_in_words
from consent.models import Grant, GrantPart, Selection
from consent.pages.sharing.readers import company_of
from consent.pages.sharing.shared_services import account_rows, accounts_in_words
from consent.pages.status_words import StatusWords, words_of
from consent.pages.waiting_requests import WaitingRequest, own_waiting_requests
from consent.queries.outcomes import agreed_terms
from consent.queries.visible_grants import (
    grant_keys,
    grants_user_may_stop,
    holds,
    is_open,
    listed_grants,
    visible_grants,
)
from consent.scopes.catalogue import SCOPES
from consent.wording import until_in_words

if TYPE_CHECKING:
    from django.db.models import QuerySet

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
    """One company's access, as the list shows it, in words; `agreed` has its purpose and terms (`agreed_terms`)."""

    grant: Grant
    since: str
    status: StatusWords
    data: tuple[str | Promise, ...]
    accounts: str
    until: str
    last_read: str
    shared_by: str
    is_open: bool
    may_stop: bool
    agreed: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SharingList:
    """The page in its three groups, newest first, each group a page at a time.

    `now` and `ended` hold the cards of one company together.
    `has_search`: long enough to be searched, or searched already.
    """

    now: tuple[tuple[SharingCard, ...], ...]
    waiting: tuple[WaitingRequest, ...]
    ended: tuple[tuple[SharingCard, ...], ...]
    now_page: "Page[int]"
    ended_page: "Page[int]"
    search: str
    has_search: bool


def sharing_list(*, user: User, at: datetime, search: str = "", now: int = 1, ended: int = 1) -> SharingList:
    """What is shared from the accounts `user` may see and has every word of `search`, and what waits for the user.

    `now` and `ended` are page numbers of these groups. Nine queries at most, however much is shared.
    """
    keys = grant_keys(user=user, at=at)
    if search:
        entries = list(_entries(_matching(Grant.objects.all(), search, user=user, at=at), keys.every, at))
    else:
        entries = _all_entries(keys=keys.every, at=at)
    by_state: dict[bool, list[int]] = defaultdict(list)
    for key, opens in entries:
        by_state[opens and key in keys.current].append(key)
    now_page = Paginator(by_state[True], _CARDS_A_PAGE).get_page(now)
    ended_page = Paginator(by_state[False], _CARDS_A_PAGE).get_page(ended)
    shown = listed_grants([*now_page, *ended_page], among=keys)
    scopes: dict[int, list[str]] = defaultdict(list)
    for grant_key, scope in _scopes(keys=Keys.of(grant.pk for grant in shown)):
        scopes[grant_key].append(scope)
    accounts = accounts_in_words(shown, user=user, at=at)
    stoppable = grants_user_may_stop(shown, user=user, at=at)
    agreed = agreed_terms(shown)
    cards = [
        SharingCard(
            grant=grant,
            since=_("Since %(first)s") % {"first": day_in_words(grant.created)},
            status=words_of(grant, at, viewer=user),
            data=tuple(SCOPES[scope].title for scope in scopes[grant.pk]),
            accounts=accounts.get(grant.pk, ""),
            until=until_in_words(grant),
            last_read=moment_in_words(grant.last_read) if grant.last_read else "",
            shared_by=str(grant.user) if grant.user is not None and grant.user_id != user.pk else "",
            is_open=is_open(grant, at),
            may_stop=is_open(grant, at) and grant.pk in stoppable,
            agreed=agreed.get(grant.pk, {}),
        )
        for grant in shown
    ]
    waiting = own_waiting_requests(user=user, at=at)
    return SharingList(
        now=_by_company(card for card in cards if card.is_open),
        waiting=waiting,
        ended=_by_company(card for card in cards if not card.is_open),
        now_page=now_page,
        ended_page=ended_page,
        search=search,
        has_search=bool(search) or len(entries) + len(waiting) >= SEARCH_FROM,
    )


def _by_company(cards: Iterable[SharingCard]) -> tuple[tuple[SharingCard, ...], ...]:
    """Companies as their first card comes, the cards of each as they come."""
    together: dict[tuple[int | None, str], list[SharingCard]] = defaultdict(list)
    for card in cards:
        together[company_of(card.grant)].append(card)
    return tuple(map(tuple, together.values()))


def _entries(grants: "QuerySet[Grant]", keys: Keys, at: datetime) -> "QuerySet[Grant, tuple[int, bool]]":
    """Key and whether it holds of those of `grants` that have `keys`, newest first."""
    opens = ExpressionWrapper(holds(at), output_field=BooleanField())
    return grants.filter(pk__in=keys.rows).annotate(opens=opens).values_list("pk", "opens")


@compiled_query
def _all_entries(*, keys: Keys, at: datetime) -> "QuerySet[Grant, tuple[int, bool]]":
    return _entries(Grant.objects.all(), keys, at)


@compiled_query
def _scopes(*, keys: Keys) -> "QuerySet[GrantPart, tuple[int, str]]":
    return (
        GrantPart.objects.filter(grant__in=keys.rows)
        .order_by("grant", "position")
        .values_list("grant", "scope")
    )


def list_rows(*, user: User, at: datetime) -> Iterator[tuple[object, ...]]:
    """Everything that is or was shared under CSV_HEADER, newest first: a line for each sharing and account.

    Instants in UTC. Three queries for each 500 sharings, however many accounts.
    """
    all_grants = visible_grants(user=user, at=at).iterator(chunk_size=_GRANTS_AT_ONCE)
    while grants := list(islice(all_grants, _GRANTS_AT_ONCE)):
        prefetch_related_objects(grants, "parts")
        accounts = account_rows(grants, user=user, at=at)
        for grant in grants:
            ended = grant.ended_at or (None if grant.has_services else grant.services_removed_at)
            times = (grant.created, grant.access_ends, ended, grant.last_read)
            for number, name, services in accounts.get(grant.pk, [("", "", 0)]):
                yield (
                    plain_cell(grant.client.name),
                    str(words_of(grant, at, viewer=user).words),
                    "; ".join(str(SCOPES[part.scope].title) for part in grant.parts.all()),
                    plain_cell(number),
                    plain_cell(name),
                    services,
                    *(moment.isoformat() if moment else "" for moment in times),
                    plain_cell(str(grant.user)) if grant.user else "",
                    grant.public_id,
                )


def _matching(grants: "QuerySet[Grant]", search: str, *, user: User, at: datetime) -> "QuerySet[Grant]":
    """Those whose company, or one of whose accounts or services that the user may see, has every word."""
    for word in search.split():
        named = (
            Q(contract__contract_number__istartswith=word)
            | Q(contract__billing_account__account_number__istartswith=word)
            | Q(contract__name__icontains=word)
            | Q(contract__billing_account__name__icontains=word)
        )
        chosen = Selection.objects.filter(
            named, part__grant=OuterRef("pk"), contract__in=visible_contracts(user=user, at=at)
        )
        grants = grants.filter(Q(client__name__icontains=word) | Exists(chosen))
    return grants
