"""Give names to accounts, services and meters."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction

from accounts.models import BillingAccount, MeterName, ServiceContract, User
from accounts.own_names import Kind, Named, cleaned_name
from accounts.queries.named import nameable
from accounts.queries.roles import owned_contracts

_BATCH = 1000


class NotYoursToName(ValueError):
    """Somebody else's, or the user may only look."""

    code = "not_yours_to_name"


@transaction.atomic
def give_names(*, names: Mapping[Named, str], by: User, at: datetime) -> int:
    """Call each thing by its name, "" = by none; all of them or, where one is refused, none. How many changed.

    No feed writes these names, and what third parties read does not hold them, so no time of change moves.
    Raises NotYoursToName unless `by` is an owner of each at `at`, ValueError for a name that cannot be.
    """
    wanted = {_key(thing): cleaned_name(name) for thing, name in names.items()}
    known = {_key(thing): thing for thing in nameable(user=by, at=at)}
    if not wanted.keys() <= known.keys():
        raise NotYoursToName
    changed = {known[key]: name for key, name in wanted.items() if known[key].name != name}
    accounts, contracts, meters = (
        {thing: changed[thing] for thing in changed if thing.kind is kind} for kind in Kind
    )
    BillingAccount.objects.bulk_update(
        [BillingAccount(pk=thing.key, name=name) for thing, name in accounts.items()], ["name"], _BATCH
    )
    ServiceContract.objects.bulk_update(
        [ServiceContract(pk=thing.key, name=name) for thing, name in contracts.items()], ["name"], _BATCH
    )
    for customer in {thing.customer for thing, name in meters.items() if not name}:
        unnamed = [thing.key for thing, name in meters.items() if not name and thing.customer == customer]
        MeterName.objects.filter(customer=customer, meter__in=unnamed).delete()
    MeterName.objects.bulk_create(
        [
            MeterName(customer_id=thing.customer, meter_id=thing.key, name=name)
            for thing, name in meters.items()
            if name
        ],
        update_conflicts=True,
        unique_fields=["customer", "meter"],
        update_fields=["name"],
    )
    return len(changed)


@transaction.atomic
def group_services(*, public_ids: Collection[str], group: str, by: User, at: datetime) -> int:
    """Put services into a group of the customer's own word, "" = out of any. How many changed.

    As names, groups are written by no feed and read by no third party. Raises NotYoursToName unless `by` is an owner of
    each at `at`, ValueError for a word that cannot be.
    """
    word = cleaned_name(group)
    services = owned_contracts(user=by, at=at).filter(public_id__in=public_ids)
    keys = list(services.values_list("pk", flat=True))
    if len(keys) < len(set(public_ids)):
        raise NotYoursToName
    return ServiceContract.objects.filter(pk__in=keys).exclude(group=word).update(group=word)


def _key(thing: Named) -> tuple[Kind, int, int]:
    return thing.kind, thing.key, thing.customer
