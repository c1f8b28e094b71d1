"""What the request page offers a user, and what a decision is checked against: facts by key, and no sentence."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import override

from accounts.models import ServiceContract, User
from accounts.queries.labels import grid_places
from accounts.queries.meters import ContractMeter, meters_of
from accounts.queries.roles import of_test_customers, owns_one_of, shareable_contracts, visible_contracts
from cdsc_portal.lib.db.compiled_query import compiled_query
from cdsc_portal.lib.time.dates_in_words import last_day
from consent.models import Client, ClientStatus, ConsentRequest
from consent.parts import Part
from consent.periods import requested_period
from consent.requests import AccessRequest, RequestedPart
from consent.scopes.base import Period, Scope
from consent.scopes.catalogue import SCOPES
from consent.services.digests import digest_of

LONG_LIST = 10  # services; from the next one on a list can be searched (F-125 to F-128)
OFFER_ASPECTS = (
    "company",
    "purpose",
    "terms",
    "data",
    "dates",
    "services",
    "role",
)  # in the order of the digest


@dataclass(frozen=True, slots=True)
class Group:
    """One list of services, shared by the parts that ask for the same ones.

    `scopes` are ids. `preselected`: the services that have a tick start ticked. `future_offered`: services added later
    to these accounts may be included; starts unticked. `regions` are known for long lists only, by contract key.
    `has_joint_accounts`: an account of the list has several services, which one bill may cover.
    """

    key: str
    scopes: tuple[str, ...]
    contracts: tuple[ServiceContract, ...]
    preselected: bool
    future_offered: bool
    regions: Mapping[int, str]
    has_joint_accounts: bool

    def scopes_without(self, contract: ServiceContract) -> tuple[Scope, ...]:
        """The scopes of this list under which `contract` has nothing to share (another commodity)."""
        scopes = (SCOPES[scope] for scope in self.scopes)
        return tuple(scope for scope in scopes if not scope.can_cover(contract.commodity))

    @property
    def shareable(self) -> tuple[ServiceContract, ...]:
        """The contracts that have a tick: those with something to share."""
        return tuple(c for c in self.contracts if len(self.scopes_without(c)) < len(self.scopes))


@dataclass(frozen=True, slots=True)
class Offer:
    """What the page offers at `at`; the digest covers all that matters to the decision.

    `may_decide` is false for a viewer. `delegate`: the user acts for an owner. `opened_by`: the viewer who handed the
    request over, if one did. `meters` are those of contracts with several whose readings may be shared, by contract.
    `digest` names what is shown; a decision carries it back.
    """

    request: ConsentRequest
    at: datetime
    parts: tuple[Part, ...]
    groups: tuple[Group, ...]
    may_decide: bool
    delegate: bool
    opened_by: User | None
    meters: Mapping[int, tuple[ContractMeter, ...]]
    digest: str

    @property
    def contracts(self) -> dict[int, ServiceContract]:
        """Every contract that a list has, by key."""
        return {contract.pk: contract for group in self.groups for contract in group.contracts}

    @property
    def no_match(self) -> bool:
        """Whether none of the services requested is this customer's."""
        return not any(group.contracts for group in self.groups)

    def group_of(self, part: Part) -> Group:
        """The list that `part` uses."""
        return next(group for group in self.groups if part.scope.id in group.scopes)


def build_offer(request: ConsentRequest, user: User, at: datetime) -> Offer:
    """The offer of `request` to `user` at `at`, relative dates fixed at that instant.

    It lists the contracts that the user may share; for a viewer those they see, with `may_decide` false. Two
    queries, one more where a list is long, one where there are readings, however many contracts; `request.client`
    should be loaded.
    """
    contracts, may_decide = _contracts(request, user, at)
    regions = {}
    if len(contracts) > LONG_LIST:
        places = grid_places([contract.pk for contract in contracts])
        places.sort(key=lambda place: (place.span.contains(at), place.span.start or at))
        regions = {place.contract_key: place.region for place in places}  # at `at`, or else the last
    by_services: dict[object, list[RequestedPart]] = {}  # parts that request the same services share a list
    for part in AccessRequest.from_json(request.details).parts:
        key = frozenset(part.services) if isinstance(part.services, tuple) else part.services
        by_services.setdefault(key, []).append(part)

    groups: list[Group] = []
    parts: list[Part] = []
    for requested in by_services.values():
        group, of_group = _group_with_parts(requested, contracts, regions, at)
        groups.append(group)
        parts += of_group
    parts.sort(key=lambda part: list(SCOPES).index(part.scope.id))

    meters = _meters_to_choose(parts)
    delegate = may_decide and not owns_one_of(user=user, contracts=contracts, at=at)
    return Offer(
        request=request,
        at=at,
        parts=tuple(parts),
        groups=tuple(groups),
        may_decide=may_decide,
        delegate=delegate,
        meters=meters,
        opened_by=request.user if request.user_id not in (None, user.pk) else None,
        digest=_digest(request.client, parts, groups, meters, may_decide=may_decide, delegate=delegate),
    )


def has_ended(contract: ServiceContract, *, today: date) -> bool:
    """Whether its last day is over."""
    return contract.end is not None and contract.end <= today


def _contracts(request: ConsentRequest, user: User, at: datetime) -> tuple[list[ServiceContract], bool]:
    """The contracts to list, and whether the user may share them.

    Of a request that was handed over, only contracts that the asker sees: the answer goes back through them. For a
    client in the sandbox, only contracts of test customers.
    """
    asker = request.user if request.user_id not in (None, user.pk) else None
    is_sandbox = request.client.status == ClientStatus.SANDBOX
    contracts = _shareable(user=user, asker=asker, is_sandbox=is_sandbox, at=at)
    return (contracts, True) if contracts else (_visible(user=user, is_sandbox=is_sandbox, at=at), False)


@compiled_query
def _shareable(
    *, user: User, asker: User | None, is_sandbox: bool, at: datetime
) -> QuerySet[ServiceContract]:
    shareable = shareable_contracts(user=user, at=at)
    if asker is not None:
        shareable = shareable.filter(pk__in=visible_contracts(user=asker, at=at).values("pk"))
    return _to_list(shareable, is_sandbox=is_sandbox)


@compiled_query
def _visible(*, user: User, is_sandbox: bool, at: datetime) -> QuerySet[ServiceContract]:
    return _to_list(visible_contracts(user=user, at=at), is_sandbox=is_sandbox)


def _to_list(contracts: QuerySet[ServiceContract], *, is_sandbox: bool) -> QuerySet[ServiceContract]:
    listed = of_test_customers(contracts) if is_sandbox else contracts
    return listed.select_related("billing_account").order_by(
        "billing_account__account_number", "contract_number"
    )


def _group_with_parts(
    requested: Sequence[RequestedPart],
    contracts: Sequence[ServiceContract],
    regions: Mapping[int, str],
    at: datetime,
) -> tuple[Group, list[Part]]:
    """The list of services that `requested` share, and the part that each of them is for this user."""
    services, today = requested[0].services, timezone.localdate(at)
    scopes = [SCOPES[part.scope] for part in requested]
    if isinstance(services, tuple):  # a contract that was named is shown even where there is nothing to share
        named = frozenset(services)
        listed = [contract for contract in contracts if contract.contract_number in named]
    else:
        listed = [
            contract
            for contract in contracts
            if any(scope.can_cover(contract.commodity) for scope in scopes)
            and not (services == "all" and has_ended(contract, today=today))
        ]
    accounts = frozenset(contract.billing_account_id for contract in listed)
    parts = []
    for part, scope in zip(requested, scopes, strict=True):
        period = requested_period(part, at=at)
        parts.append(
            Part(
                scope=scope,
                type_sent=part.type_sent,
                period=period,
                contracts=frozenset(c.pk for c in listed if scope.can_cover(c.commodity)),
                future_accounts=accounts if services == "all" and period.lasting else frozenset(),
                locked=part.locked,
                coarsest_resolution=part.coarsest_resolution,
            )
        )
    # ended services count too: an old bill may cover them
    counts = Counter(contract.billing_account_id for contract in contracts)
    group = Group(
        key=scopes[0].id,
        scopes=tuple(scope.id for scope in scopes),
        contracts=tuple(listed),
        preselected=services is not None,
        future_offered=services == "all" and any(part.period.lasting for part in parts),
        regions=regions,
        has_joint_accounts=any(counts[account] > 1 for account in accounts),
    )
    return group, parts


def _meters_to_choose(parts: Collection[Part]) -> dict[int, tuple[ContractMeter, ...]]:
    """Of contracts with several; a contract with one meter is shared with it or not at all. One query, or none."""
    contracts = [part.contracts for part in parts if part.scope.has_resolution and not part.locked]
    if not any(contracts):
        return {}
    by_contract: dict[int, list[ContractMeter]] = {}
    for meter in meters_of(frozenset[int]().union(*contracts)):
        by_contract.setdefault(meter.contract, []).append(meter)
    return {contract: tuple(meters) for contract, meters in by_contract.items() if len(meters) > 1}


def _digest(
    client: Client,
    parts: Collection[Part],
    groups: Collection[Group],
    meters: Mapping[int, tuple[ContractMeter, ...]],
    *,
    may_decide: bool,
    delegate: bool,
) -> str:
    """Of OFFER_ASPECTS: of the days shown, not of the language or the time of day."""
    dates = [
        [
            part.scope.id,
            *(str(day) for day in part.period.days(Period.DATA)),
            part.period.lasting,
            str(part.period.access_ends and last_day(part.period.access_ends)),
        ]
        for part in parts
    ]
    return digest_of(
        {
            "company": [
                client.name,
                client.confirmed_uri,
                "" if client.uri_confirmed else client.client_uri,
            ],
            "purpose": [client.purpose],
            "terms": [client.terms_uri, client.policy_uri],
            "data": [[*_wording(part.scope.id), part.locked, *_resolution(part)] for part in parts],
            "dates": dates,
            "services": [
                *([part.scope.id, sorted(part.contracts), bool(part.future_accounts)] for part in parts),
                *([c.pk, c.billing_account_id] for group in groups for c in group.contracts),
                *([contract, [meter.key for meter in of]] for contract, of in meters.items()),
            ],
            "role": [may_decide, delegate],
        }
    )


def _resolution(part: Part) -> list[str]:
    return [part.coarsest_resolution] if part.coarsest_resolution else []


@cache
def _wording(scope_id: str) -> tuple[str, ...]:
    """What pages say of a scope, in English whatever the reader's language; made once in a process."""
    scope = SCOPES[scope_id]
    examples = (words for pair in scope.includes for words in pair)
    with override("en"):
        shown = (scope.id, scope.title, scope.sentence, *examples, scope.excludes, scope.hint)
        return tuple(str(words) for words in shown)
