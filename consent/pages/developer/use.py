"""What the people of a third party see of its use: consents, calls of the last days, what was refused."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cdsc_portal.lib.time.dates_in_words import end_in_words, moment_in_words
from consent.models import ConsentRequest, Disclosure, Grant, GrantKind, RefusedCalls, RequestStatus
from consent.pages.developer.page import clients_of
from consent.queries.visible_grants import status_at
from consent.services.third_parties.refused_calls import KEPT_DAYS, shown_from

CALL_DAYS = KEPT_DAYS
_SHOWN = 100
_WHY: dict[str, str | Promise] = {
    RequestStatus.DENIED: _("The customer said no"),
    RequestStatus.FAILED: _("Refused by a check"),
}


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """One grant by a customer, as the Grants API has it: never who gave it. `until` is empty where it has no end."""

    public_id: str
    client: str
    status: str
    scope: str
    until: str


@dataclass(frozen=True, slots=True)
class CallLine:
    """What one client read of one resource in CALL_DAYS."""

    client: str
    resource: str
    calls: int
    values: int
    last: str


@dataclass(frozen=True, slots=True)
class RefusedCallsLine:
    """How often one client was refused one resource for one reason on one day, and the last of these calls."""

    code: str
    resource: str
    client: str
    calls: int
    last: str
    reference: str


@dataclass(frozen=True, slots=True)
class RefusalLine:
    """A request that led to no consent; support finds it by `reference`."""

    reference: str
    client: str
    why: str | Promise
    moment: str


def consents(*, user: User, at: datetime) -> tuple[ConsentLine, ...]:
    """The newest of the user's clients. One query."""
    grants = Grant.objects.filter(client__in=clients_of(user), kind=GrantKind.CUSTOMER)
    return tuple(
        ConsentLine(
            grant.public_id,
            grant.client.name,
            status_at(grant, at),
            grant.scope,
            end_in_words(grant.access_ends) if grant.access_ends else "",
        )
        for grant in grants.select_related("client").order_by("-modified", "-pk")[:_SHOWN]
    )


def calls(*, user: User, at: datetime) -> tuple[CallLine, ...]:
    """By client and resource, the most recent first. One query, however many calls."""
    recent = Disclosure.objects.filter(
        grant__client__in=clients_of(user), released_at__gt=at - timedelta(days=CALL_DAYS)
    )
    summed = (
        recent.order_by()
        .values("grant__client__name", "resource")
        .annotate(calls=Count("pk"), total=Sum("value_count"), last=Max("released_at"))
        .order_by("-last", "resource")
    )
    return tuple(
        CallLine(
            row["grant__client__name"],
            row["resource"],
            row["calls"],
            row["total"],
            moment_in_words(row["last"]),
        )
        for row in summed[:_SHOWN]
    )


def refused_calls(*, user: User, at: datetime) -> tuple[RefusedCallsLine, ...]:
    """Of CALL_DAYS, the last first. One query, however many calls."""
    refused = RefusedCalls.objects.filter(client__in=clients_of(user), day__gte=shown_from(at))
    return tuple(
        RefusedCallsLine(
            row.code, row.resource, row.client.name, row.calls, moment_in_words(row.last_at), row.reference
        )
        for row in refused.select_related("client").order_by("-last_at", "-pk")[:_SHOWN]
    )


def refusals(*, user: User) -> tuple[RefusalLine, ...]:
    """The newest first. One query."""
    refused = ConsentRequest.objects.filter(client__in=clients_of(user), status__in=list(_WHY))
    return tuple(
        RefusalLine(
            request.reference,
            request.client.name,
            _WHY[request.status],
            moment_in_words(request.decided_at or request.created),
        )
        for request in refused.select_related("client").order_by("-created", "-pk")[:_SHOWN]
    )
