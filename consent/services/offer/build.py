"""From the stored request and what the user has to the page's offer."""

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
from cdsc_portal.lib.dates_in_words import last_day
from consent.models import ClientStatus, ConsentRequest
from consent.periods import PartPeriod, asked_period
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
    """What `request` asks of `user` at `at`, relative dates fixed at that instant.

    Shows contracts the user may share; to who may only look, those they see, with `may_decide` false. Two
    queries, three where a list is long, however many contracts; `request.client` should be loaded.
    """
    asked = AccessRequest.from_json(request.details)
    contracts, may_decide = _contracts(request, user, at)
    lists = _lists(asked.parts)
    regions = _regions(contracts, at) if len(contracts) > LONG_LIST else {}
    groups = [_group(services, parts, contracts, regions, at) for services, parts in lists]
    joint = _accounts_of_several(contracts)
    cards = []
    for (_services, parts), group in zip(lists, groups, strict=True):
        cards += [_card(part, group, joint, at) for part in parts]
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
    """How long what has no end to come stays open after approval."""
    return timedelta(hours=settings.ACCESS_HOURS_WITHOUT_END)


def utility_zone() -> ZoneInfo:
    """The zone of the utility's local days."""
    return ZoneInfo(settings.TIME_ZONE)


def _contracts(request: ConsentRequest, user: User, at: datetime) -> tuple[list[ServiceContract], bool]:
    """The contracts to list, and whether the user may share them.

    Of a request that was handed over, only what its asker sees: the answer goes back through them. To a client in the
    sandbox, only what test customers have.
    """
    order = ("billing_account__account_number", "contract_number")
    own, visible = shareable_contracts(user=user, at=at), visible_contracts(user=user, at=at)
    if request.user_id not in (None, user.pk):
        assert request.user is not None
        own = own.filter(pk__in=visible_contracts(user=request.user, at=at).values("pk"))
    if request.client.status == ClientStatus.SANDBOX:
        own, visible = of_test_customers(own), of_test_customers(visible)
    shareable = list(own.select_related("billing_account").order_by(*order))
    if shareable:
        return shareable, True
    return list(visible.select_related("billing_account").order_by(*order)), False


def _lists(parts: Sequence[RequestedPart]) -> list[tuple[Services, list[RequestedPart]]]:
    """Parts that ask for the same services, together."""
    lists: dict[object, tuple[Services, list[RequestedPart]]] = {}
    for part in parts:
        key = frozenset(part.services) if isinstance(part.services, tuple) else part.services
        lists.setdefault(key, (part.services, []))[1].append(part)
    return list(lists.values())


def _group(
    services: Services,
    parts: Sequence[RequestedPart],
    contracts: Sequence[ServiceContract],
    regions: Mapping[int, str],
    at: datetime,
) -> Group:
    scopes, today = [SCOPES[part.scope] for part in parts], timezone.localdate(at)
    choices = (
        _choice(contract, services, scopes, regions.get(contract.pk, ""), today)
        for contract in _offered(contracts, services, today)
    )
    return Group(
        key=scopes[0].id,
        scopes=tuple(scope.id for scope in scopes),
        # a contract that was named is shown even where there is nothing to share
        choices=tuple(c for c in choices if c.can_be_shared or isinstance(services, tuple)),
        future_offered=services == "all" and any(_period(part, at).lasting for part in parts),
    )


def _offered(contracts: Sequence[ServiceContract], services: Services, today: date) -> list[ServiceContract]:
    if services == "all":
        return [contract for contract in contracts if not _has_ended(contract, today)]
    if services is None:
        return list(contracts)
    return [contract for contract in contracts if contract.contract_number in services]


def _choice(
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
    return asked_period(part, at=at, zone=utility_zone(), grace=grace())


def _card(part: RequestedPart, group: Group, joint: Collection[int], at: datetime) -> Card:
    scope, period = SCOPES[part.scope], _period(part, at)
    covered = frozenset(choice.pk for choice in group.choices if scope.can_cover(choice.commodity))
    first_day, last = (None, None) if part.locked else _days(scope, period)
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
        withheld_note=_withheld(scope, group, joint),
        problem=_problem(period, covered),
        locked=part.locked,
    )


def _days(scope: Scope, period: PartPeriod) -> tuple[date | None, date | None]:
    if scope.period is Period.NOW:
        return None, last_day(period.access_ends) if period.lasting else None
    start, end = period.window.start, period.window.end
    return (
        None if start is None else timezone.localdate(start),
        None if end is None else last_day(end),
    )


def _accounts_of_several(contracts: Collection[ServiceContract]) -> frozenset[int]:
    """Keys of accounts whose bills may cover more than one service, ended ones too."""
    counted = Counter(contract.billing_account_id for contract in contracts)
    return frozenset(account for account, count in counted.items() if count > 1)


def _withheld(scope: Scope, group: Group, joint: Collection[int]) -> str:
    """What the page says beforehand about bills that are sent for several services together."""
    if scope is not BILL_STATEMENTS or not any(choice.account_pk in joint for choice in group.choices):
        return ""
    return _(
        "A bill for more than one service shows its total and its PDF only if you share all of its services."
    )


def _problem(period: PartPeriod, covered: Collection[int]) -> str:
    if period.is_empty:
        return _("The dates that were asked for have passed.")
    return "" if covered else _("There is nothing to share here.")
