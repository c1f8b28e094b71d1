"""What the sharing page lists: who can read now, who waits for a decision, what has ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.queries.roles import shareable_contracts
from cdsc_portal.lib.dates_in_words import day_in_words, last_day, moment_in_words
from consent.models import ConsentRequest, Grant, GrantPart, RequestStatus
from consent.queries.status_words import StatusWords, words_of
from consent.queries.visible_grants import account_numbers_of, status_at, visible_grants
from consent.scopes.catalogue import SCOPES
from consent.transitions import ENDED

if TYPE_CHECKING:
    from consent.queries.visible_grants import SeenGrant


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

    key: str
    reference: str
    company: str
    asked: str
    expires: str


@dataclass(frozen=True, slots=True)
class SharingList:
    """The page in its three groups, newest first."""

    now: tuple[SharingCard, ...]
    waiting: tuple[WaitingCard, ...]
    ended: tuple[SharingCard, ...]

    @property
    def companies(self) -> int:
        """How many companies can read now; one company may have several grants."""
        return len({card.company for card in self.now})


def sharing_list(*, user: User, at: datetime) -> SharingList:
    """Everything shared from the accounts `user` may see, and what waits for the user. Five queries."""
    grants = list(visible_grants(user=user, at=at).prefetch_related("parts"))
    numbers = account_numbers_of(grants, user=user, at=at)
    stoppable = grants_user_may_stop(grants, user=user, at=at)
    cards = [
        _card(grant, user=user, at=at, numbers=numbers.get(grant.pk, ()), may_stop=grant.pk in stoppable)
        for grant in grants
    ]
    return SharingList(
        now=tuple(card for card in cards if card.is_open),
        waiting=waiting_requests(user=user, at=at),
        ended=tuple(card for card in cards if not card.is_open),
    )


def waiting_requests(*, user: User, at: datetime) -> tuple[WaitingCard, ...]:
    """Requests `user` has opened and not decided, which can still be decided at `at`. One query."""
    requests = ConsentRequest.objects.filter(user=user, status=RequestStatus.WAITING, expires__gt=at)
    return tuple(
        WaitingCard(
            key=request.key,
            reference=request.reference,
            company=request.client.name,
            asked=moment_in_words(request.created),
            expires=moment_in_words(request.expires),
        )
        for request in requests.select_related("client")
    )


def grants_user_may_stop(grants: Sequence[Grant], *, user: User, at: datetime) -> set[int]:
    """Keys of those `grants` that share, now or later, a contract whose data `user` may share. One query."""
    contracts = shareable_contracts(user=user, at=at)
    parts = GrantPart.objects.filter(grant__in=grants)
    chosen = parts.filter(selections__contract__in=contracts).values_list("grant", flat=True)
    to_come = parts.filter(future_accounts__contracts__in=contracts).values_list("grant", flat=True)
    return set(chosen.union(to_come))


def until_words(grant: "SeenGrant") -> str:
    """Until when the company can or could read, in words. `grant` carries `ended_at`."""
    if grant.ended_at is not None:
        return moment_in_words(grant.ended_at)
    if grant.access_ends is None:
        return _("until you stop it")
    return day_in_words(last_day(grant.access_ends))


def _shortened(numbers: tuple[str, ...]) -> str:
    """Up to four numbers; of more, the first three and how many follow."""
    if len(numbers) <= 4:
        return ", ".join(numbers)
    rest = {"first": ", ".join(numbers[:3]), "count": len(numbers) - 3}
    return _("%(first)s and %(count)s more") % rest


def _card(
    grant: "SeenGrant", *, user: User, at: datetime, numbers: tuple[str, ...], may_stop: bool
) -> SharingCard:
    is_open = status_at(grant, at) not in ENDED
    giver = grant.user if grant.user_id != user.pk else None
    return SharingCard(
        public_id=grant.public_id,
        company=grant.client.name,
        status=words_of(grant, at, viewer=user),
        data=tuple(SCOPES[part.scope].title for part in grant.parts.all()),
        accounts=_shortened(numbers),
        until=until_words(grant),
        last_read=moment_in_words(grant.last_read) if grant.last_read else "",
        shared_by=str(giver) if giver else "",
        is_open=is_open,
        may_stop=is_open and may_stop,
    )
