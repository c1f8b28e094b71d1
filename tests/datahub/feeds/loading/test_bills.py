from datetime import timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest
from django.core.management import call_command

from datahub.models import BillSection, BillStatement, RunStatus
from tests.datahub.feeds.loading.conftest import MORNING
from tests.factories.accounts import BillingAccountFactory, ServiceContractFactory

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4 an invented bill"
HEADER = (
    "record,account_number,statement_number,statement_date,start,end,currency,amount,file,"
    "contract_number,commodity,name,kind,quantity,unit,rate\n"
)


@pytest.fixture
def contract():
    account = BillingAccountFactory(account_number="A-1")
    return ServiceContractFactory(billing_account=account, contract_number="K-1")


@pytest.fixture
def bring_bills(bring):
    return lambda content, at=MORNING: bring("bills", "bills_csv", content, at)


def bills(*, account="A-1", contract="K-1", amount="36.50", quantity="182.5", file=""):
    return (
        f"{HEADER}"
        f"statement,{account},B-1,2026-02-03,2026-01-01,2026-02-01,USD,{amount},{file},,,,,,,\n"
        f"section,,,,2026-01-01,2026-02-01,,{amount},,{contract},electricity,,,,,\n"
        f"line,,,,,,,{amount},,,,Energy,usage,{quantity},kWh,0.20\n"
    ).encode()


def zipped(**files):
    content = BytesIO()
    with ZipFile(content, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("_", "."), data)
    return content.getvalue()


def counts(run):
    return (run.status, run.rows_read, run.accepted, run.unchanged, run.rejected)


def test_a_bill_comes_in_with_sections_and_lines(bring_bills, contract):
    run = bring_bills(bills())

    section = BillSection.objects.get(statement__statement_number="B-1", contract=contract)
    (line,) = section.line_items.all()
    assert counts(run) == (RunStatus.DONE, 3, 3, 0, 0)
    assert section.statement.total == Decimal("36.50")
    assert (line.name, line.quantity, line.rate, line.amount) == (
        "Energy", Decimal("182.5"), Decimal("0.20"), Decimal("36.50"),
    )  # fmt: skip


def test_the_same_bill_in_another_file_changes_nothing(bring_bills, contract):
    bring_bills(bills())
    before = BillStatement.objects.get()

    run = bring_bills(bills() + b"\n", MORNING + timedelta(days=1))

    after = BillStatement.objects.get()
    assert counts(run) == (RunStatus.DONE, 3, 0, 3, 0)
    assert after.cds_modified == before.cds_modified
    assert after.cds_synced > before.cds_synced


def test_a_corrected_bill_keeps_its_public_ids(bring_bills, contract):
    bring_bills(bills())
    before = BillSection.objects.select_related("statement").get()

    bring_bills(bills(amount="40.00", quantity="200"), MORNING + timedelta(days=1))

    after = BillSection.objects.select_related("statement").get()
    assert (after.public_id, after.statement.public_id) == (before.public_id, before.statement.public_id)
    assert (after.amount, after.statement.total) == (Decimal("40"), Decimal("40"))
    assert after.cds_modified > before.cds_modified


def test_a_document_is_matched_by_name_and_one_that_no_bill_names_is_rejected(bring_bills, contract):
    run = bring_bills(zipped(bills_csv=bills(file="one.pdf"), one_pdf=PDF, two_pdf=PDF))

    statement = BillStatement.objects.get()
    assert statement.file.read() == PDF
    assert (statement.file_name, len(statement.file_sha256)) == ("one.pdf", 64)
    assert counts(run) == (RunStatus.DONE, 4, 3, 0, 1)
    assert run.rejected_rows.get().reason == "two.pdf: no bill that could be read names this file"


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"account": "A-9"}, "account A-9 is not known here"),
        ({"contract": "K-9"}, "contract K-9 is not known here"),
        ({"file": "lost.pdf"}, "the file lost.pdf is not beside the bills"),
    ],
)
def test_a_bill_that_does_not_fit_is_rejected_whole(bring_bills, contract, wrong, reason):
    run = bring_bills(bills(**wrong))

    assert counts(run) == (RunStatus.DONE, 3, 0, 0, 3)
    assert {row.reason for row in run.rejected_rows.all()} == {reason}
    assert not BillStatement.objects.exists()


def test_a_contract_of_another_customer_is_not_billed_to_this_account(bring_bills, contract):
    ServiceContractFactory(contract_number="K-2")

    run = bring_bills(bills(contract="K-2"))

    assert counts(run) == (RunStatus.DONE, 3, 0, 0, 3)
    assert run.rejected_rows.first().reason == "contract K-2 is another customer's than account A-1"


def test_a_folder_is_as_good_as_a_zip_and_known_again(contract, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    folder = tmp_path / "february"
    folder.mkdir()
    (folder / "bills.csv").write_bytes(bills(file="one.pdf"))
    (folder / "one.pdf").write_bytes(PDF)
    (folder / ".half-copied").write_bytes(b"")
    call_command("register_feed", "bills", "bills_csv", stdout=StringIO())
    output = StringIO()

    for _ in range(2):
        call_command("load_feed", "--feed", "bills", str(folder), "--here", stdout=output)

    assert BillStatement.objects.get().file.read() == PDF
    assert "done: 3 rows, 3 accepted" in output.getvalue()
    assert "The same file as february.zip" in output.getvalue()


def test_two_documents_of_one_name_are_not_guessed_between(bring_bills, contract):
    content = BytesIO()
    with ZipFile(content, "w") as archive:
        archive.writestr("bills.csv", bills(file="one.pdf"))
        archive.writestr("north/one.pdf", PDF)
        archive.writestr("south/one.pdf", PDF + b" of another")

    run = bring_bills(content.getvalue())

    assert (run.status, run.problem) == (RunStatus.REFUSED, "the ZIP holds two files of one name")


def test_a_damaged_zip_is_refused(bring_bills, contract):
    run = bring_bills(zipped(bills_csv=bills())[:200])

    assert run.status == RunStatus.REFUSED
    assert run.problem.startswith("the ZIP cannot be read")
