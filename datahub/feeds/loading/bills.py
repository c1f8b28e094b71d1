"""Bills: statements with their sections, lines and documents."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.core.files.base import ContentFile

from accounts.models import BillingAccount, ServiceContract
from datahub.models import BillSection, BillStatement, LineItem
from datahub.rows.base import Rejection
from datahub.rows.bills import BillLineRow, BillRow, BillSectionRow
from datahub.store.load import Loaded
from datahub.store.tally import Origin


@dataclass(frozen=True, slots=True)
class _Known:
    """What the bills of a load refer to, by printed number."""

    accounts: Mapping[str, BillingAccount]
    contracts: Mapping[str, ServiceContract]
    statements: dict[str, BillStatement]

    def account_of(self, bill: BillRow) -> BillingAccount | None:
        """The account that the bill names; where it names none, that of its first contract."""
        if bill.account_number or not bill.sections:
            return self.accounts.get(bill.account_number)
        contract = self.contracts.get(bill.sections[0].contract_number)
        return None if contract is None else contract.billing_account


def load_bills(*, bills: Sequence[BillRow], attachments: Mapping[str, bytes], origin: Origin) -> Loaded:
    """Insert or update by statement number; sections and lines by their place in it.

    A bill is taken whole or rejected whole, with each of its lines: for an account or contract that is not known,
    a contract of another customer, a bill that it corrects and that is not known, or a file that it names and that is
    missing. A few queries for all bills, then a few for each bill that is new or different.
    """
    contract_numbers = {section.contract_number for bill in bills for section in bill.sections}
    statement_numbers = {number for bill in bills for number in (bill.statement_number, bill.replaces)}
    accounts = BillingAccount.objects.filter(account_number__in={bill.account_number for bill in bills})
    contracts = ServiceContract.objects.filter(contract_number__in=contract_numbers)
    statements = BillStatement.objects.filter(statement_number__in=statement_numbers)
    known = _Known(
        {account.account_number: account for account in accounts},
        {contract.contract_number: contract for contract in contracts.select_related("billing_account")},
        {
            statement.statement_number: statement
            for statement in statements.select_related("account").prefetch_related("sections__line_items")
        },
    )
    loaded = Loaded()
    for bill in bills:
        if reason := _refusal(bill, known, attachments):
            lines = [bill.line]
            for section in bill.sections:
                lines += [section.line, *(line.line for line in section.lines)]
            loaded.rejected.extend(Rejection(line, reason) for line in lines)
        elif _store(bill, known, attachments, origin):
            loaded.accepted += bill.size
        else:
            loaded.unchanged += bill.size
    return loaded


def _refusal(bill: BillRow, known: _Known, attachments: Mapping[str, bytes]) -> str:
    """Why the bill cannot be taken; "" if it can."""
    account = known.account_of(bill)
    if account is None:
        if bill.account_number or not bill.sections:
            return f"account {bill.account_number} is not known here"
        return f"contract {bill.sections[0].contract_number} is not known here"
    for section in bill.sections:
        contract = known.contracts.get(section.contract_number)
        if contract is None:
            return f"contract {section.contract_number} is not known here"
        if contract.commodity != section.commodity:
            return f"contract {section.contract_number} is for {contract.commodity}, the bill says {section.commodity}"
        if contract.billing_account.customer_id != account.customer_id:
            return f"contract {section.contract_number} is another customer's than account {account.account_number}"
    statement = known.statements.get(bill.statement_number)
    if statement is not None and statement.account_id != account.pk:
        return f"statement {bill.statement_number} is another account's"
    if bill.replaces:  # another statement of the same customer
        replaced = None if bill.replaces == bill.statement_number else known.statements.get(bill.replaces)
        if replaced is None or replaced.account.customer_id != account.customer_id:
            return f"statement {bill.replaces}, which it replaces, is not known here"
    has_file = statement is not None and statement.file_name == bill.file_name
    if bill.file_name and bill.file_name not in attachments and not has_file:
        return f"the file {bill.file_name} is not beside the bills"
    return ""


def _store(bill: BillRow, known: _Known, attachments: Mapping[str, bytes], origin: Origin) -> bool:
    """Whether anything of the bill was new."""
    statement = known.statements.get(bill.statement_number)
    is_new = statement is None
    if statement is None:
        statement = BillStatement(statement_number=bill.statement_number, cds_created=origin.at)
    account, replaced = known.account_of(bill), known.statements.get(bill.replaces)
    document = attachments.get(bill.file_name)
    sha256 = statement.file_sha256 if document is None else hashlib.sha256(document).hexdigest()
    values = {
        "account_id": account.pk if account else None,
        "statement_date": bill.statement_date,
        "due_date": bill.due_date,
        "start": bill.start,
        "end": bill.end,
        "currency": bill.currency,
        "previous_balance": bill.previous_balance,
        "payments": bill.paid,
        "new_charges": bill.new_charges,
        "total": bill.amount,
        "open_amount": bill.open_amount,
        "file_name": bill.file_name or statement.file_name,
        "file_sha256": sha256,
        "replaces_id": replaced.pk if replaced else None,
    }
    if document is not None and sha256 != statement.file_sha256:
        statement.file.save(f"{statement.public_id}.pdf", ContentFile(document), save=False)
    stored_sections = [] if is_new else list(statement.sections.all())
    sections_changed = is_new or len(stored_sections) != len(bill.sections)
    sections_changed = sections_changed or any(
        _section_differs(stored, section, known)
        for stored, section in zip(stored_sections, bill.sections, strict=True)
    )
    is_changed = is_new or sections_changed or _differs(statement, values)
    _update(statement, values, is_changed, origin)
    known.statements[bill.statement_number] = statement
    if sections_changed:
        _store_sections(bill, known, statement, origin)
    else:
        statement.sections.update(cds_synced=origin.at)
    return is_changed


def _store_sections(bill: BillRow, known: _Known, statement: BillStatement, origin: Origin) -> None:
    """Sections keep their public id while their place in the bill does."""
    stored = {section.position: section for section in statement.sections.all()}
    for position, row in enumerate(bill.sections, start=1):
        section = stored.pop(position, None) or BillSection(
            statement=statement, position=position, cds_created=origin.at
        )
        is_changed = section.pk is None or _section_differs(section, row, known)
        _update(section, _section_values(row, known), is_changed, origin)
        if is_changed:
            section.line_items.all().delete()
            LineItem.objects.bulk_create(
                LineItem(section=section, position=place, **_line_values(line))
                for place, line in enumerate(row.lines, start=1)
            )
    for former in stored.values():
        former.delete()


def _section_differs(stored: BillSection, section: BillSectionRow, known: _Known) -> bool:
    lines = list(stored.line_items.all())
    return (
        _differs(stored, _section_values(section, known))
        or len(lines) != len(section.lines)
        or any(_differs(old, _line_values(new)) for old, new in zip(lines, section.lines, strict=True))
    )


def _section_values(section: BillSectionRow, known: _Known) -> dict[str, object]:
    return {
        "contract_id": known.contracts[section.contract_number].pk,
        "commodity": section.commodity,
        "start": section.start,
        "end": section.end,
        "supplier_name": section.supplier,
        "tariff_code": section.tariff_code,
        "tariff_name": section.tariff_name,
        "amount": section.amount,
    }


def _line_values(line: BillLineRow) -> dict[str, object]:
    return {name: getattr(line, name) for name in ("name", "kind", "quantity", "unit", "rate", "amount")}


def _differs(stored: object, values: Mapping[str, object]) -> bool:
    return any(getattr(stored, name) != value for name, value in values.items())


def _update(
    published: BillStatement | BillSection, values: Mapping[str, object], is_changed: bool, origin: Origin
) -> None:
    """Assign the values, move `cds_modified` if they changed, and save."""
    for name, value in values.items():
        setattr(published, name, value)
    if is_changed:
        published.cds_modified = origin.at
    published.cds_synced = origin.at
    published.save()
