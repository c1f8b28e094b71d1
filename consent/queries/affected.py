"""Who was affected by a breach: whose data left to a client, and what one of staff saw and did."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import BigIntegerField, Count, F, Func, Max, Min, Sum

from accounts.models import Customer, ServiceContract, StaffAction, SupportSession
from consent.models import Disclosure


@dataclass(frozen=True, slots=True)
class AffectedService:
    """All that left of one service (contract) of one resource to one client: `releases` of them from `first` to `last`,
    `values` in all, which speak of [data_start, data_end); None where none of them speaks of a period.
    """

    customer_number: str
    contract_number: str
    client_id: str
    resource: str
    releases: int
    values: int
    first: datetime
    last: datetime
    data_start: datetime | None
    data_end: datetime | None


@dataclass(frozen=True, slots=True)
class StaffAct:
    """A support session, or a line of the log of what staff did; the customer where it was about one."""

    at: datetime
    verb: str
    object: str
    customer_number: str


def affected_services(*, client: int, since: datetime, until: datetime) -> Iterator[AffectedService]:
    """What left to `client` (its key) in [since, until), by customer and service. Two queries.

    A release of a service is in it with all values of its answer, which may be of several services.
    """
    released = Disclosure.objects.filter(grant__client=client, released_at__gte=since, released_at__lt=until)
    by_service = list(
        released.annotate(
            contract=Func(F("contracts"), function="unnest", output_field=BigIntegerField()),
            client_id_of=F("grant__client__client_id"),
        )
        .order_by()
        .values("contract", "client_id_of", "resource")
        .annotate(
            releases=Count("pk"),
            all_values=Sum("value_count"),
            first=Min("released_at"),
            last=Max("released_at"),
            first_data=Min("data_start"),
            last_data=Max("data_end"),
        )
    )
    numbers = {
        pk: (customer, contract)
        for pk, customer, contract in ServiceContract.objects.filter(
            pk__in={row["contract"] for row in by_service}
        ).values_list("pk", "billing_account__customer__customer_number", "contract_number")
    }
    for row in sorted(
        by_service, key=lambda row: (*numbers[row["contract"]], row["client_id_of"], row["resource"])
    ):
        yield AffectedService(
            *numbers[row["contract"]],
            client_id=row["client_id_of"],
            resource=row["resource"],
            releases=row["releases"],
            values=row["all_values"],
            first=row["first"],
            last=row["last"],
            data_start=row["first_data"],
            data_end=row["last_data"],
        )


def acts_of_staff(*, person: int, since: datetime, until: datetime) -> Iterator[StaffAct]:
    """What one of staff (database key) saw by support sessions and did in [since, until), by time. Three queries."""
    sessions = SupportSession.objects.filter(by=person, at__gte=since, at__lt=until)
    acts = [
        StaffAct(at, "support session", "customer's pages", number)
        for at, number in sessions.values_list("at", "customer__customer_number")
    ]
    actions = StaffAction.objects.filter(by=person, at__gte=since, at__lt=until)
    rows = list(actions.values_list("at", "verb", "model", "key"))
    about = [key for _at, _verb, model, key in rows if model == "accounts.customer" and key.isdecimal()]
    customers = {
        str(pk): number
        for pk, number in Customer.objects.filter(pk__in=about).values_list("pk", "customer_number")
    }
    acts += [
        StaffAct(
            at, verb, f"{model} {key}".strip(), customers.get(key, "") if model == "accounts.customer" else ""
        )
        for at, verb, model, key in rows
    ]
    return iter(sorted(acts, key=lambda act: act.at))
