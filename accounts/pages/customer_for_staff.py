"""What a customer has and who acts for it, for the staff's page of one customer."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from accounts.models import ContractServicePoint, Customer, Membership, MeterInstallation, ServiceContract
from accounts.role_words import role_in_words
from cdsc_portal.lib.time.dates_in_words import day_in_words, moment_in_words

MOST_CONTRACTS = 200


@dataclass(frozen=True, slots=True)
class CustomerService:
    """One contract; `meters` are the keys and numbers of those that hang there now."""

    key: int
    number: str
    account_key: int
    account_number: str
    commodity: str
    address: str
    started: str
    ended: str
    meters: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class PersonWithRole:
    """One person with a role. `until` and `seen` are in words, empty for none."""

    key: int
    name: str
    email: str
    role: str
    until: str
    seen: str
    may_sign_in: bool


def services_of(customer: Customer, *, at: datetime) -> tuple[tuple[CustomerService, ...], int]:
    """The first 200 contracts, current ones first, and how many there are. Four queries at most."""
    rows = ServiceContract.objects.filter(billing_account__customer=customer)
    count = rows.count()
    today = timezone.localdate(at)
    ordered = sorted(
        rows.select_related("billing_account").order_by("billing_account__account_number", "contract_number")[
            :MOST_CONTRACTS
        ],
        key=lambda contract: contract.end is not None and contract.end <= today,
    )
    in_force = Q(start__lte=at) & (Q(end__isnull=True) | Q(end__gt=at))
    links = ContractServicePoint.objects.filter(in_force, contract__in=[contract.pk for contract in ordered])
    contracts_at: dict[int, list[int]] = defaultdict(list)
    for key, point in links.values_list("contract", "service_point"):
        contracts_at[point].append(key)
    installed = MeterInstallation.objects.filter(in_force, service_point__in=contracts_at)
    meters: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for point, meter, number in installed.order_by("meter__meter_number").values_list(
        "service_point", "meter", "meter__meter_number"
    ):
        for key in contracts_at[point]:
            meters[key].append((meter, number))
    services = tuple(
        CustomerService(
            key=contract.pk,
            number=contract.contract_number,
            account_key=contract.billing_account_id,
            account_number=contract.billing_account.account_number,
            commodity=contract.get_commodity_display(),
            address=contract.address,
            started=day_in_words(contract.start),
            ended=day_in_words(contract.end) if contract.end else "",
            meters=tuple(meters[contract.pk]),
        )
        for contract in ordered
    )
    return services, count


def people_of(customer: Customer) -> tuple[PersonWithRole, ...]:
    """Everybody with a role for the customer. One query."""
    roles = Membership.objects.filter(customer=customer).select_related("user", "billing_account")
    return tuple(
        PersonWithRole(
            key=role.user_id,
            name=str(role.user),
            email=role.user.email,
            role=f"{words}, {role.billing_account}" if role.billing_account else str(words),
            until=moment_in_words(role.until) if role.until else "",
            seen=moment_in_words(role.user.last_login) if role.user.last_login else "",
            may_sign_in=role.user.is_active,
        )
        for role in roles.order_by("role", "user__email")
        for words in [role_in_words(role.role, may_share=role.may_share)]
    )
