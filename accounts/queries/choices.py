"""The service contracts a user may choose from, on pages about one of them."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from accounts.models import Commodity, User
from accounts.queries.roles import visible_contracts


@dataclass(frozen=True, slots=True)
class ContractChoice:
    """One contract; `key` is its database key, `public_id` what addresses say."""

    key: int
    public_id: str
    number: str
    commodity: str
    name: str
    address: str
    has_ended: bool


def contract_choices(*, user: User, at: datetime) -> tuple[ContractChoice, ...]:
    """What `user` may see at `at`, current ones first, by number. One query."""
    today = timezone.localdate(at)
    kinds = {commodity: str(label) for commodity, label in Commodity.choices}
    choices = [
        ContractChoice(
            key=contract.pk,
            public_id=contract.public_id,
            number=contract.contract_number,
            commodity=kinds[contract.commodity],
            name=contract.name,
            address=contract.address,
            has_ended=contract.end is not None and contract.end <= today,
        )
        for contract in visible_contracts(user=user, at=at).order_by("contract_number")
    ]
    return tuple(sorted(choices, key=lambda choice: choice.has_ended))
