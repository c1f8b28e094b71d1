"""The parts of a grant that a user may reduce, with a digest of what the form shows."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from accounts.models import ServiceContract, User
from accounts.queries.meters import ContractMeter, meters_of
from consent.models import ConsentRequest, Grant
from consent.parts import Part
from consent.queries.grant_contents import grant_contents, removable_keys, visible_keys
from consent.requests import AccessRequest
from consent.services.digests import digest_of

CHANGE_ASPECTS = ("data", "dates", "services", "later", "role")  # in the order of the digest


@dataclass(frozen=True, slots=True)
class ChangeOffer:
    """What the user may reduce at `at`. `whole`: data and dates too, as for the giver; else only services they own.

    `parts` are all of the grant, also with contracts that the user may not see. `services` can be ticked or unticked,
    in the order of their numbers; `meters` are, by contract of these, the meters whose readings are shared, where there
    are several; `accounts` are those whose new services join and that the user may remove. `digest`
    covers all of it.
    """

    grant: Grant
    at: datetime
    whole: bool
    parts: tuple[Part, ...]
    services: tuple[ServiceContract, ...]
    meters: Mapping[int, tuple[ContractMeter, ...]]
    accounts: frozenset[int]
    digest: str


def build_change(grant: Grant, *, user: User, at: datetime) -> ChangeOffer:
    """What `user` may remove from `grant` at `at`. Eight queries, nine where readings are shared."""
    contents = grant_contents(grant)
    request = ConsentRequest.objects.filter(grant=grant).first()
    requested = AccessRequest.from_json(request.details).parts if request else ()
    locked = {part.scope for part in requested if part.locked}
    parts = tuple(replace(part, locked=part.scope.id in locked) for part in contents.parts)
    mine, accounts = removable_keys(contents, user=user, at=at)
    whole = mine == contents.contracts.keys() and accounts == contents.accounts
    if grant.user_id == user.pk:
        whole, mine, accounts = True, visible_keys(contents, user=user, at=at), contents.accounts
    services = tuple(contract for pk, contract in contents.contracts.items() if pk in mine)

    meters = _meters_to_leave_out(parts, mine) if whole else {}
    dates = [
        [part.scope.id, *(str(day) for day in part.period.days(part.scope.period)), part.period.is_over(at)]
        for part in parts
    ]
    digest = digest_of(
        {
            "data": [[part.scope.id, part.resolution, sorted(part.meters)] for part in parts],
            "dates": dates,
            "services": [
                *([part.scope.id, sorted(part.contracts)] for part in parts),
                *([contract, [meter.key for meter in of]] for contract, of in meters.items()),
            ],
            "later": [[part.scope.id, sorted(part.future_accounts)] for part in parts],
            "role": [grant.pk, whole, [contract.pk for contract in services], sorted(accounts)],
        }
    )
    return ChangeOffer(grant, at, whole, parts, services, meters, accounts, digest)


def _meters_to_leave_out(
    parts: Collection[Part], contracts: Collection[int]
) -> dict[int, tuple[ContractMeter, ...]]:
    """Of `contracts` (keys) those of which several meters are shared. One query, or none."""
    shared: dict[int, set[int]] = {}
    with_readings = set[int]()
    for part in parts:
        if part.scope.has_resolution and not part.locked:
            with_readings |= part.contracts.intersection(contracts)
            for contract, key in part.meters:
                shared.setdefault(contract, set()).add(key)
    if not with_readings:
        return {}
    by_contract: dict[int, list[ContractMeter]] = {}
    for meter in meters_of(with_readings):
        if meter.key in shared.get(meter.contract, (meter.key,)):
            by_contract.setdefault(meter.contract, []).append(meter)
    return {contract: tuple(meters) for contract, meters in by_contract.items() if len(meters) > 1}
