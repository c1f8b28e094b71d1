"""Which companies can read some services now, for the pages of these services."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Prefetch, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import ServiceContract, User
from accounts.queries.roles import visible_contracts
from cdsc_portal.lib.time.dates_in_words import day_in_words, last_day
from consent.models import Grant, GrantPart
from consent.pages.status_words import StatusWords, words_of
from consent.queries.visible_grants import open_at, visible_grants
from consent.scopes.catalogue import SCOPES
from consent.transitions import GrantStatus

if TYPE_CHECKING:
    from consent.queries.visible_grants import OpenGrant


@dataclass(frozen=True, slots=True)
class Reader:
    """A company with a sharing that holds; `data` are the titles of what it may read of these services."""

    public_id: str
    company: str
    status: StatusWords
    data: tuple[str | Promise, ...]
    until: str


def company_of(grant: Grant) -> tuple[int | None, str]:
    """What customers take for one company: objects of one third party under one name. No query."""
    return (grant.client.registration_id, grant.client.name)


def companies_reading(grants: "Iterable[OpenGrant]") -> tuple[str, ...]:
    """Companies with grants that are open, by name; several sharings of one count once. No query."""
    return tuple(sorted((name for _party, name in {company_of(grant) for grant in grants}), key=str.casefold))


def grants_to_decide(grants: "Iterable[OpenGrant]") -> "tuple[OpenGrant, ...]":
    """Of grants that are open, those that go on only once the customer has decided, by company. No query."""
    waiting = [grant for grant in grants if grant.status == GrantStatus.NEEDS_AUTHORIZATION]
    return tuple(sorted(waiting, key=lambda grant: grant.client.name.casefold()))


def readers_of_contracts(keys: Collection[int], *, user: User, at: datetime) -> tuple[Reader, ...]:
    """Who can read one of the contracts (database keys), by name. Two queries."""
    return _readers(visible_contracts(user=user, at=at).filter(pk__in=keys), user, at)


def readers_of_account(key: int, *, user: User, at: datetime) -> tuple[Reader, ...]:
    """Who can read a service of the billing account (database key) now or one added later, by name. Two queries."""
    contracts = visible_contracts(user=user, at=at).filter(billing_account=key)
    return _readers(contracts, user, at, account=key)


def _readers(
    contracts: QuerySet[ServiceContract], user: User, at: datetime, *, account: int | None = None
) -> tuple[Reader, ...]:
    covering = Q(selections__contract__in=contracts)
    if account is not None:
        covering |= Q(future_accounts=account)
    lasting = Q(access_ends__isnull=True) | Q(access_ends__gt=at)
    parts = GrantPart.objects.filter(covering, lasting).distinct()
    grants = visible_grants(user=user, at=at).filter(open_at(at)).filter(parts__in=parts).distinct()
    grants = grants.prefetch_related(Prefetch("parts", queryset=parts, to_attr="covering"))
    readers = []
    for grant in grants:
        until = _("Until you stop it")
        if grant.access_ends is not None:
            until = _("Until %(last)s") % {"last": day_in_words(last_day(grant.access_ends))}
        readers.append(
            Reader(
                public_id=grant.public_id,
                company=grant.client.name,
                status=words_of(grant, at, viewer=user),
                data=tuple(SCOPES[part.scope].title for part in vars(grant)["covering"]),
                until=until,
            )
        )
    return tuple(sorted(readers, key=lambda reader: reader.company.casefold()))
