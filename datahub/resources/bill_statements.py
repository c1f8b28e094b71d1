"""Bills as they were sent."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from datahub.answers.coverage import Coverage
from datahub.answers.page import Page
from datahub.bills.statements import WHOLE_STATEMENT, ReadableStatement, bill_document, bill_statements
from datahub.resources.base import AnswerTime, Call, Resource, StoredFile
from datahub.resources.bill_data import BILL_ROWS
from datahub.resources.fields import Exact, Instant, Shape, Text
from datahub.resources.link_history import LinkHistory


class StatementFileShape(Shape):
    url = serializers.URLField(help_text="Fetch it with the same token.")
    name = Text(help_text="File name.")
    sha256 = Text(help_text="Of the file, in hexadecimal.")


class BillStatementShape(Shape):
    id = Text(source="statement.public_id", help_text="Stays the same for the statement.")
    statement_number = Text(source="statement.statement_number", help_text="As printed on the bill.")
    account_number = Text(source="statement.account.account_number", help_text="The billing account.")
    contract_numbers = serializers.ListField(
        child=serializers.CharField(), help_text="The shared services that the statement covers."
    )
    statement_date = serializers.DateField(
        source="statement.statement_date", help_text="The date of the bill."
    )
    due_date = serializers.DateField(
        source="statement.due_date", allow_null=True, help_text="When it is to be paid."
    )
    start = serializers.DateField(
        source="statement.start", allow_null=True, help_text="First day that is billed."
    )
    end = serializers.DateField(source="statement.end", allow_null=True, help_text="Last day that is billed.")
    currency = Text(source="statement.currency", help_text="ISO 4217.")
    previous_balance = Exact(
        source="statement.previous_balance", places=2, allow_null=True, help_text="What was open before."
    )
    payments = Exact(source="statement.payments", places=2, allow_null=True, help_text="What was paid since.")
    new_charges = Exact(
        source="statement.new_charges", places=2, allow_null=True, help_text="What this bill adds."
    )
    total = Exact(source="statement.total", places=2, allow_null=True, help_text="What is to be paid.")
    file = serializers.SerializerMethodField(
        help_text="The document; null where there is none, or where it is withheld."
    )
    withheld = serializers.ListField(
        child=serializers.ChoiceField(WHOLE_STATEMENT),
        help_text="Members that are null because the statement also covers services that were not shared.",
    )
    modified = Instant(source="statement.cds_modified", help_text="When what is said here last changed.")
    verified = Instant(
        source="statement.cds_synced", help_text="When the utility's systems last confirmed it."
    )

    @extend_schema_field(StatementFileShape(allow_null=True))
    def get_file(self, item: ReadableStatement) -> dict[str, str] | None:
        statement = item.statement
        if not statement.file:
            return None
        return {
            "url": f"{settings.PUBLIC_URL}/bill_statements/{statement.public_id}/file",
            "name": statement.file_name,
            "sha256": statement.file_sha256,
        }

    def to_representation(self, instance: Any) -> dict[str, object]:
        return super().to_representation(instance) | dict.fromkeys(instance.withheld)


def _statements(call: Call) -> tuple[Coverage, Page[ReadableStatement]]:
    covered = call.coverage()
    return covered, bill_statements(covered, after=call.query.after)


RESOURCE = Resource(
    name="bill_statements",
    summary="Bills as they were sent.",
    query=_statements,
    shape=BillStatementShape,
    examples={
        "": {
            "id": "t9v3kq7hzr2mxw4dpb8n",
            "statement_number": "2026-03-4711",
            "account_number": "4711",
            "contract_numbers": ["7000-1"],
            "statement_date": "2026-03-03",
            "due_date": "2026-03-24",
            "start": "2026-02-01",
            "end": "2026-03-01",
            "currency": "USD",
            "previous_balance": "0.00",
            "payments": "0.00",
            "new_charges": "65.52",
            "total": "65.52",
            "file": {
                "url": "https://portal.example.com/bill_statements/t9v3kq7hzr2mxw4dpb8n/file",
                "name": "bill.pdf",
                "sha256": "9f2c0e",
            },
            "withheld": [],
            "modified": "2026-03-03T10:00:00Z",
            "verified": "2026-04-02T03:10:00Z",
        }
    },
    rows=BILL_ROWS,
    histories=(LinkHistory.contract_days,),
    time=AnswerTime.STATEMENTS,
    document=StoredFile(
        name="bill_statement_file",
        summary="The document of one statement, if every service on it was shared.",
        key="statement_id",
        media_type="application/pdf",
        find=bill_document,
    ),
)
