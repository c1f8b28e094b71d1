"""Who supplies now, on which tariff."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from rest_framework import serializers

from accounts.queries.row_versions import SUPPLY_ROWS
from accounts.queries.supplies import Supply, supplies
from datahub.answers.coverage import Coverage
from datahub.answers.page import Page, standing
from datahub.resources.base import AnswerTime, Call, Resource
from datahub.resources.fields import Instant, MaybeText, Shape, Text
from datahub.resources.link_history import LinkHistory


class SupplyShape(Shape):
    id = Text(source="supply.id", help_text="Stays the same for one supplier and tariff of one service.")
    delivery_id = Text(source="supply.delivery_id", help_text="`id` of the delivery in distribution_details.")
    contract_number = Text(source="supply.contract_number", help_text="The service, as `services` names it.")
    account_number = Text(
        source="supply.account_number", help_text="The billing account that the service is on."
    )
    customer_number = Text(source="supply.customer_number", help_text="The customer, as printed on bills.")
    service_type = Text(source="supply.service_type", help_text="electricity, natural_gas or water.")
    supplier = Text(source="supply.supplier", help_text="Who sells the energy.")
    supplier_contract_id = MaybeText(
        source="supply.supplier_contract_id", help_text="The supplier's own number of the contract."
    )
    tariff_code = Text(source="supply.tariff_code", help_text="Short name of the tariff.")
    tariff_name = Text(source="supply.tariff_name", help_text="Name of the tariff in words.")
    start = serializers.DateField(allow_null=True, help_text="First day; null where it is withheld.")
    end = serializers.DateField(
        allow_null=True, help_text="Last day; null while it goes on, or where it is withheld."
    )
    withheld = serializers.ListField(
        child=serializers.ChoiceField(("start", "end")),
        help_text="Members that are null because the grant does not open them.",
    )
    modified = Instant(source="supply.modified", help_text="When what is said here last changed.")
    verified = Instant(source="supply.verified", help_text="When the utility's systems last confirmed it.")


@dataclass(frozen=True, slots=True)
class ReadableSupply:
    """A supply term with its dates cut: None and named in `withheld` where they lie outside the window."""

    supply: Supply
    start: date | None
    end: date | None
    withheld: tuple[str, ...]


def current_supplies(call: Call) -> tuple[Coverage, Page[ReadableSupply]]:
    """The terms that hold at the moment of the call. Two queries."""
    covered = call.coverage()
    known = supplies(covered.spans.keys())
    held = [term for term in known if term.span.contains(call.at)]
    return covered, supply_page(
        [ReadableSupply(term, term.start, term.end, ()) for term in held], known, covered
    )


def supply_page(
    items: list[ReadableSupply], known: Iterable[Supply], covered: Coverage
) -> Page[ReadableSupply]:
    """A page of terms that speaks for each contract of `known` too, of which no term is served."""
    synced: dict[int, datetime] = {}
    for term in known:
        synced[term.contract_key] = max(term.verified, synced.get(term.contract_key, term.verified))
    served = frozenset(item.supply.contract_key for item in items)
    standings = {
        contract: standing(has_data=contract in served, synced=synced.get(contract))
        for contract in covered.spans
    }
    return Page(items=items, standings=standings, contracts=served, values=len(items))


EXAMPLE: dict[str, object] = {
    "id": "x2k9vb4tmw7qzr3hpd8c",
    "delivery_id": "b7qk2mxw9dptz4hnr8cv",
    "contract_number": "7000-1",
    "account_number": "4711",
    "customer_number": "K-100",
    "service_type": "electricity",
    "supplier": "Bright Supply (demo)",
    "supplier_contract_id": "BS-77",
    "tariff_code": "EV-TOU",
    "tariff_name": "Home EV",
    "start": "2025-03-01",
    "end": None,
    "withheld": [],
    "modified": "2026-01-05T10:00:00Z",
    "verified": "2026-04-02T03:10:00Z",
}
RESOURCE = Resource(
    name="supply_details",
    summary="Who supplies now, on which tariff.",
    query=current_supplies,
    shape=SupplyShape,
    examples={"": EXAMPLE},
    rows=SUPPLY_ROWS,
    histories=(LinkHistory.supplied,),
    time=AnswerTime.PRESENT,
)
