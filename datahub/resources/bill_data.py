"""What bills are made of: sections by contract, with their line items."""

from typing import Any

from rest_framework import serializers

from accounts.queries.row_versions import CONTRACTS
from cdsc_portal.lib.db.row_versions import Rows, column_of
from datahub.answers.coverage import Coverage
from datahub.answers.page import Page
from datahub.bills.sections import SUPPLY_FACTS, NamedSection, bill_sections
from datahub.resources.base import AnswerTime, Call, Resource
from datahub.resources.fields import Exact, Instant, MaybeText, Shape, Text
from datahub.resources.link_history import LinkHistory

_STATEMENTS = column_of("datahub_billsection", "statement_id", f"contract_id = {CONTRACTS}")
_BILLED = column_of("datahub_billstatement", "account_id", f"id IN ({_STATEMENTS})")
BILL_ROWS = (
    Rows("datahub_billsection", f"statement_id IN ({_STATEMENTS})"),
    Rows("datahub_billstatement", f"id IN ({_STATEMENTS})"),
    Rows("accounts_billingaccount", f"id IN ({_BILLED})"),
)


class LineItemShape(Shape):
    name = Text(help_text="As on the bill.")
    kind = MaybeText(help_text="What sort of charge it is, where the utility says so.")
    quantity = Exact(allow_null=True, help_text="How much was charged for; null where the line has none.")
    unit = MaybeText(help_text="Of `quantity`.")
    rate = Exact(allow_null=True, help_text="currency per unit")
    amount = Exact(places=2, help_text="Money, in the currency of the section.")


class BillSectionShape(Shape):
    id = Text(source="section.public_id", help_text="Stays the same for the section.")
    statement_number = Text(
        source="section.statement.statement_number", help_text="The bill that the section stands on."
    )
    contract_number = Text(
        source="section.contract.contract_number", help_text="The service, as `services` names it."
    )
    account_number = Text(source="section.statement.account.account_number", help_text="The billing account.")
    service_type = Text(source="section.commodity", help_text="electricity, natural_gas or water.")
    start = serializers.DateField(source="section.start", help_text="First day that is billed.")
    end = serializers.DateField(source="section.end", help_text="Last day that is billed.")
    currency = Text(source="section.statement.currency", help_text="ISO 4217.")
    amount = Exact(source="section.amount", places=2, help_text="What the section comes to.")
    supplier = MaybeText(
        source="section.supplier_name", help_text="Null unless a supply scope is granted too."
    )
    tariff_code = MaybeText(
        source="section.tariff_code", help_text="Null unless a supply scope is granted too."
    )
    tariff_name = MaybeText(
        source="section.tariff_name", help_text="Null unless a supply scope is granted too."
    )
    withheld = serializers.ListField(
        child=serializers.ChoiceField(SUPPLY_FACTS),
        help_text="Members that are null because the grant does not open them.",
    )
    line_items = LineItemShape(
        source="section.line_items.all", many=True, help_text="What the amount is made of."
    )
    modified = Instant(source="section.cds_modified", help_text="When what is said here last changed.")
    verified = Instant(source="section.cds_synced", help_text="When the utility's systems last confirmed it.")

    def to_representation(self, instance: Any) -> dict[str, object]:
        return super().to_representation(instance) | dict.fromkeys(instance.withheld)


def _sections(call: Call) -> tuple[Coverage, Page[NamedSection]]:
    covered = call.coverage()
    return covered, bill_sections(covered, access=call.access, after=call.query.after)


RESOURCE = Resource(
    name="bill_data",
    summary="What bills are made of: sections by contract, with their line items.",
    query=_sections,
    shape=BillSectionShape,
    examples={
        "": {
            "id": "q4h8zr2mxw9dptb7nk3v",
            "statement_number": "2026-03-4711",
            "contract_number": "7000-1",
            "account_number": "4711",
            "service_type": "electricity",
            "start": "2026-02-01",
            "end": "2026-03-01",
            "currency": "USD",
            "amount": "65.52",
            "supplier": None,
            "tariff_code": None,
            "tariff_name": None,
            "withheld": ["supplier", "tariff_code", "tariff_name"],
            "line_items": [
                {
                    "name": "Energy",
                    "kind": "usage",
                    "quantity": "312",
                    "unit": "kWh",
                    "rate": "0.21",
                    "amount": "65.52",
                }
            ],
            "modified": "2026-03-03T10:00:00Z",
            "verified": "2026-04-02T03:10:00Z",
        }
    },
    rows=BILL_ROWS,
    histories=(LinkHistory.contract_days,),
    time=AnswerTime.BILLED_DAYS,
)
