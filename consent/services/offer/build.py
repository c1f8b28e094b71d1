"""Build the offer of the request page from the stored request and the user's contracts."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import ServiceContract, User
from accounts.queries.labels import grid_places
from accounts.queries.roles import of_test_customers, owns_one_of, shareable_contracts, visible_contracts
from cdsc_portal.lib.time.dates_in_words import last_day
from consent.models import ClientStatus, ConsentRequest
from consent.periods import PartPeriod, requested_period
from consent.requests import AccessRequest, RequestedPart, Services
from consent.scopes.base import Period, Scope
from consent.scopes.bill_statements import BILL_STATEMENTS
from consent.scopes.catalogue import SCOPES
from consent.services.offer.digest import digest_of
from consent.services.offer.values import LONG_LIST, Card, Choice, Group, Offer
from consent.wording import (
    access_in_words,
    badge_in_words,
    commodity_in_words,
    exact_period_in_words,
    period_in_words,
)


def build_offer(request: ConsentRequest, user: User, at: datetime) -> Offer:
    """The offer of `request` to `user` at `at`, relative dates fixed at that instant.

    It lists the contracts that the user may share; for a viewer those they see, with `may_decide` false. Two
    queries, three where a list is long, however many contracts; `request.client` should be loaded.
    """
    contracts, may_decide = _contracts(request, user, at)
    regions = _regions(contracts, at) if len(contracts) > LONG_LIST else {}
    # a bill may cover several services of these accounts, ended ones too
    counts = Counter(contract.billing_account_id for contract in contracts)
    joint = frozenset(account for account, count in counts.items() if count > 1)
    by_services: dict[object, list[RequestedPart]] = {}  # parts that request the same services share a group
    for part in AccessRequest.from_json(request.details).parts:
        key = frozenset(part.services) if isinstance(part.services, tuple) else part.services
        by_services.setdefault(key, []).append(part)
    groups, cards = [], []
    for parts in by_services.values():
        group = _build_group(parts, contracts, regions, at)
        groups.append(group)
        cards += [_build_card(part, group, joint, at) for part in parts]
    cards.sort(key=lambda card: list(SCOPES).index(card.scope.id))
    client = request.client
    offer = Offer(
        client_name=client.name,
        client_uri=client.client_uri if client.uri_confirmed else "",
        unchecked_uri="" if client.uri_confirmed else client.client_uri,
        is_checked=client.uri_confirmed and bool(client.client_uri),
        terms_uri=client.terms_uri,
        policy_uri=client.policy_uri,
        purpose=client.purpose,
        reference=request.reference,
        cards=tuple(cards),
        groups=tuple(groups),
        may_decide=may_decide,
        delegate=may_decide and not owns_one_of(user=user, contracts=contracts, at=at),
        asked_by=str(request.user) if request.user_id not in (None, user.pk) else "",
        no_match=not any(group.choices for group in groups),
        digest="",
    )
    return replace(offer, digest=digest_of(offer))


def grace() -> timedelta:
    """How long a part without a future end can be read after the approval."""
    return timedelta(hours=settings.ACCESS_HOURS_WITHOUT_END)


def utility_zone() -> ZoneInfo:
    """The zone of the utility's local days."""
    return ZoneInfo(settings.TIME_ZONE)


def _contracts(request: ConsentRequest, user: User, at: datetime) -> tuple[list[ServiceContract], bool]:
    """The contracts to list, and whether the user may share them.

    Of a request that was handed over, only contracts that the asker sees: the answer goes back through them. For a
    client in the sandbox, only contracts of test customers.
    """
    order = ("billing_account__account_number", "contract_number")
    shareable, visible = shareable_contracts(user=user, at=at), visible_contracts(user=user, at=at)
    if request.user_id not in (None, user.pk):
        assert request.user is not None
        shareable = shareable.filter(pk__in=visible_contracts(user=request.user, at=at).values("pk"))
    if request.client.status == ClientStatus.SANDBOX:
        shareable, visible = of_test_customers(shareable), of_test_customers(visible)
    contracts = list(shareable.select_related("billing_account").order_by(*order))
    if contracts:
        return contracts, True
    return list(visible.select_related("billing_account").order_by(*order)), False


def _build_group(
    parts: Sequence[RequestedPart],
    contracts: Sequence[ServiceContract],
    regions: Mapping[int, str],
    at: datetime,
) -> Group:
    services = parts[0].services
    scopes, today = [SCOPES[part.scope] for part in parts], timezone.localdate(at)
    choices = (
        _build_choice(contract, services, scopes, regions.get(contract.pk, ""), today)
        for contract in _listed_contracts(contracts, services, today)
    )
    return Group(
        key=scopes[0].id,
        scopes=tuple(scope.id for scope in scopes),
        # a contract that was named is shown even where there is nothing to share
        choices=tuple(c for c in choices if c.can_be_shared or isinstance(services, tuple)),
        future_offered=services == "all" and any(_period(part, at).lasting for part in parts),
    )


def _listed_contracts(
    contracts: Sequence[ServiceContract], services: Services, today: date
) -> list[ServiceContract]:
    if services == "all":
        return [contract for contract in contracts if not _has_ended(contract, today)]
    if services is None:
        return list(contracts)
    return [contract for contract in contracts if contract.contract_number in services]


def _build_choice(
    contract: ServiceContract, services: Services, scopes: Collection[Scope], region: str, today: date
) -> Choice:
    without = [str(scope.title) for scope in scopes if not scope.can_cover(contract.commodity)]
    can_be_shared = len(without) < len(scopes)
    account = contract.billing_account
    return Choice(
        pk=contract.pk,
        public_id=contract.public_id,
        number=contract.contract_number,
        commodity=contract.commodity,
        commodity_words=commodity_in_words(contract.commodity),
        name=contract.name,
        address=contract.address,
        account_pk=account.pk,
        account_number=account.account_number,
        account_name=account.name,
        region=region,
        has_ended=_has_ended(contract, today),
        preselected=services is not None and can_be_shared,
        can_be_shared=can_be_shared,
        nothing_for=tuple(without),
    )


def _regions(contracts: Collection[ServiceContract], at: datetime) -> dict[int, str]:
    """By contract key, where on the grid it is served at `at` or was last. One query."""
    places = grid_places([contract.pk for contract in contracts])
    places.sort(key=lambda place: (place.span.contains(at), place.span.start or at))
    return {place.contract_key: place.region for place in places}


def _has_ended(contract: ServiceContract, today: date) -> bool:
    return contract.end is not None and contract.end <= today


def _period(part: RequestedPart, at: datetime) -> PartPeriod:
    return requested_period(part, at=at, zone=utility_zone(), grace=grace())


def _build_card(part: RequestedPart, group: Group, joint: Collection[int], at: datetime) -> Card:
    scope, period = SCOPES[part.scope], _period(part, at)
    covered = frozenset(choice.pk for choice in group.choices if scope.can_cover(choice.commodity))
    first_day, last = (None, None) if part.locked else _date_limits(scope, period)
    problem = "" if covered else _("There is nothing to share here.")
    if period.is_empty:
        problem = _("The dates that were asked for have passed.")
    return Card(
        scope=scope,
        type_sent=part.type_sent,
        title=str(scope.title),
        sentence=str(scope.sentence),
        includes=tuple((str(words), str(example)) for words, example in scope.includes),
        excludes=str(scope.excludes),
        hint=str(scope.hint),
        badge=badge_in_words(period),
        period=period,
        period_sentence=period_in_words(scope, period, at=at),
        access_sentence=access_in_words(period),
        exact_period=exact_period_in_words(period),
        first_day=first_day,
        last_day=last,
        group=group.key,
        contracts=covered,
        future_offered=group.future_offered and period.lasting,
        withheld_note=_withheld_note(scope, group, joint),
        problem=problem,
        locked=part.locked,
    )


def _date_limits(scope: Scope, period: PartPeriod) -> tuple[date | None, date | None]:
    if scope.period is Period.NOW:
        return None, last_day(period.access_ends) if period.lasting else None
    start, end = period.window.start, period.window.end
    return (
        None if start is None else timezone.localdate(start),
        None if end is None else last_day(end),
    )


def _withheld_note(scope: Scope, group: Group, joint: Collection[int]) -> str:
    """The note that bills for several services together may be withheld in part."""
    if scope is not BILL_STATEMENTS or not any(choice.account_pk in joint for choice in group.choices):
        return ""
    return _(
        "A bill for more than one service shows its total and its PDF only if you share all of its services."
    )
