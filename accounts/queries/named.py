"""What an owner may name, and what it is called now."""

from datetime import datetime

from accounts.models import MeterName, User
from accounts.own_names import Kind, Named
from accounts.queries.metered_contracts import metered_contracts
from accounts.queries.roles import owned_accounts, owned_contracts


def nameable(*, user: User, at: datetime) -> list[Named]:
    """Accounts, contracts and meters of which `user` is an owner at `at`, each by number. Four queries."""
    accounts = owned_accounts(user=user, at=at).order_by("account_number")
    contracts = owned_contracts(user=user, at=at).order_by("contract_number")
    rows = ("pk", "public_id", "customer", "account_number", "name")
    things = [Named(Kind.ACCOUNT, *row) for row in accounts.values_list(*rows)]
    rows = ("pk", "public_id", "billing_account__customer", "contract_number", "name")
    things += [Named(Kind.CONTRACT, *row) for row in contracts.values_list(*rows)]
    meter_names = MeterName.objects.filter(customer__in={thing.customer for thing in things})
    names = {
        (customer, meter): name
        for customer, meter, name in meter_names.values_list("customer", "meter", "name")
    }
    meters = {
        (thing.customer, thing.meter): Named(
            Kind.METER, thing.meter, thing.meter_id, thing.customer, thing.meter_number,
            names.get((thing.customer, thing.meter), ""),
        )
        for thing in metered_contracts(owned_contracts(user=user, at=at))
        if thing.meter is not None
    }  # fmt: skip
    return things + sorted(meters.values(), key=lambda thing: thing.number)


def nameable_one(kind: Kind, public_id: str, *, user: User, at: datetime) -> Named | None:
    """The one with this id; None for what is missing, somebody else's, or not the user's to name. Four queries."""
    matches = (
        thing for thing in nameable(user=user, at=at) if (thing.kind, thing.public_id) == (kind, public_id)
    )
    return next(matches, None)
