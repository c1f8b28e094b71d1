"""Bills: statements with their sections, lines and documents."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.core.files.base import ContentFile

from accounts.models import BillingAccount, ServiceContract
from datahub.models import BillSection, BillStatement, LineItem
from datahub.rows.base import Rejection
from datahub.rows.bills import BillLineRow, BillRow, BillSectionRow
from datahub.store.load import Loaded
from datahub.store.tally import Origin

_STATEMENT = (
    "account_id", "statement_date", "due_date", "start", "end", "currency", "previous_balance", "payments",
    "new_charges", "total", "file_name", "file_sha256", "replaces_id",
)  # fmt: skip
_SECTION = (
    "contract_id", "commodity", "start", "end", "supplier_name", "tariff_code", "tariff_name", "amount",
)  # fmt: skip
_LINE = ("name", "kind", "quantity", "unit", "rate", "amount")


@dataclass(frozen=True, slots=True)
class _Known:
    """What the bills of a load refer to, by printed number."""

    accounts: Mapping[str, BillingAccount]
    contracts: Mapping[str, ServiceContract]
    statements: dict[str, BillStatement]

    @classmethod
    def to(cls, bills: Sequence[BillRow]) -> "_Known":
        contracts = {section.contract_number for bill in bills for section in bill.sections}
        numbers = {number for bill in bills for number in (bill.statement_number, bill.replaces)}
        statements = BillStatement.objects.filter(statement_number__in=numbers).select_related("account")
        return cls(
            {
                one.account_number: one
                for one in BillingAccount.objects.filter(account_number__in={b.account_number for b in bills})
            },
            {
                one.contract_number: one
                for one in ServiceContract.objects.filter(contract_number__in=contracts).select_related(
                    "billing_account"
                )
            },
            {one.statement_number: one for one in statements.prefetch_related("sections__line_items")},
        )

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
    not there. A few queries to find, then a few for each bill that is new or different.
    """
    known = _Known.to(bills)
    loaded = Loaded()
    for bill in bills:
        reason = _refusal(bill, known, attachments)
        if reason:
            loaded.rejected.extend(Rejection(line, reason) for line in _lines(bill))
        elif _store(bill, known, attachments, origin):
            loaded.accepted += bill.size
        else:
            loaded.unchanged += bill.size
    return loaded


def _refusal(bill: BillRow, known: _Known, attachments: Mapping[str, bytes]) -> str:
    account = known.account_of(bill)
    if account is None:
        named = bill.account_number or not bill.sections
        unknown = (
            f"account {bill.account_number}" if named else f"contract {bill.sections[0].contract_number}"
        )
        return f"{unknown} is not known here"
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
    if bill.replaces and not _may_replace(bill, account, known):
        return f"statement {bill.replaces}, which it replaces, is not known here"
    has_file = statement is not None and statement.file_name == bill.file_name
    if bill.file_name and bill.file_name not in attachments and not has_file:
        return f"the file {bill.file_name} is not beside the bills"
    return ""


def _may_replace(bill: BillRow, account: BillingAccount, known: _Known) -> bool:
    """Another statement of the same customer."""
    replaced = known.statements.get(bill.replaces)
    return (
        replaced is not None
        and bill.replaces != bill.statement_number
        and replaced.account.customer_id == account.customer_id
    )


def _lines(bill: BillRow) -> Iterable[int]:
    yield bill.line
    for section in bill.sections:
        yield section.line
        yield from (line.line for line in section.lines)


def _store(bill: BillRow, known: _Known, attachments: Mapping[str, bytes], origin: Origin) -> bool:
    """Whether anything of the bill was new."""
    statement = known.statements.get(bill.statement_number)
    former = statement is not None
    if statement is None:
        statement = BillStatement(statement_number=bill.statement_number, cds_created=origin.at)
    document = attachments.get(bill.file_name)
    values = _statement_values(bill, known, statement, document)
    changed = _differs(statement, _STATEMENT, values) or not former
    if document is not None and values["file_sha256"] != statement.file_sha256:
        statement.file.save(f"{statement.public_id}.pdf", ContentFile(document), save=False)
    sections_changed = not former or _sections_differ(bill, known, statement)
    _assign(statement, values)
    _touch(statement, changed or sections_changed, origin)
    statement.save()
    known.statements[bill.statement_number] = statement
    if sections_changed:
        _store_sections(bill, known, statement, origin)
    else:
        statement.sections.update(cds_synced=origin.at)
    return changed or sections_changed


def _statement_values(
    bill: BillRow, known: _Known, statement: BillStatement, document: bytes | None
) -> dict[str, object]:
    account = known.account_of(bill)
    replaced = known.statements.get(bill.replaces)
    sha256 = hashlib.sha256(document).hexdigest() if document is not None else statement.file_sha256
    return {
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
        "file_name": bill.file_name or statement.file_name,
        "file_sha256": sha256,
        "replaces_id": replaced.pk if replaced else None,
    }


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
    return {name: getattr(line, name) for name in _LINE}


def _sections_differ(bill: BillRow, known: _Known, statement: BillStatement) -> bool:
    stored = list(statement.sections.all())
    return len(stored) != len(bill.sections) or any(
        _section_differs(old, new, known) for old, new in zip(stored, bill.sections, strict=True)
    )


def _section_differs(stored: BillSection, section: BillSectionRow, known: _Known) -> bool:
    lines = list(stored.line_items.all())
    return (
        _differs(stored, _SECTION, _section_values(section, known))
        or len(lines) != len(section.lines)
        or any(_differs(old, _LINE, _line_values(new)) for old, new in zip(lines, section.lines, strict=True))
    )


def _store_sections(bill: BillRow, known: _Known, statement: BillStatement, origin: Origin) -> None:
    """Sections keep their public id while their place in the bill does."""
    stored = {section.position: section for section in statement.sections.all()}
    for position, row in enumerate(bill.sections, start=1):
        section = stored.pop(position, None) or BillSection(
            statement=statement, position=position, cds_created=origin.at
        )
        differs = section.pk is None or _section_differs(section, row, known)
        _assign(section, _section_values(row, known))
        _touch(section, differs, origin)
        section.save()
        if differs:
            section.line_items.all().delete()
            LineItem.objects.bulk_create(
                LineItem(section=section, position=place, **_line_values(line))
                for place, line in enumerate(row.lines, start=1)
            )
    for gone in stored.values():
        gone.delete()


def _differs(stored: object, names: Iterable[str], values: Mapping[str, object]) -> bool:
    return any(getattr(stored, name) != values[name] for name in names)


def _assign(target: object, values: Mapping[str, object]) -> None:
    for name, value in values.items():
        setattr(target, name, value)


def _touch(published: BillStatement | BillSection, changed: bool, origin: Origin) -> None:
    if changed:
        published.cds_modified = origin.at
    published.cds_synced = origin.at
