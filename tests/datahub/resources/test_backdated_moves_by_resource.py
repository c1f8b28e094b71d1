"""Each resource whose answers go by dates: a release that a late change makes wrong is listed, no other."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from accounts.feed_rows import (
    ContractRow,
    Hierarchy,
    PointLinkRow,
    PointRow,
    SupplyTermRow,
)
from accounts.models import LinkChange, SupplyTerm
from accounts.services.supply_terms import load_supply_terms
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.ranges import Span
from consent.models import Disclosure
from datahub.models import BillStatement, MixSeries
from datahub.resources.affected_disclosures import affected_disclosures, affected_page
from tests.accounts.rows import load
from tests.consent.api.reader import Reader, issue_token
from tests.datahub.resources.backdated import (
    END,
    ENTERED,
    MOVED,
    READ,
    START,
    the_contract,
    the_meter,
    the_point,
)
from tests.factories.accounts import (
    ServicePointFactory,
    StaffFactory,
    SupplyTermFactory,
    household,
    place,
)
from tests.factories.datahub import bill, hourly_mix
from tests.factories.feeds import FeedFactory, FeedRunFactory, load_days
from tests.support.admin_pages import form_of, url_of

pytestmark = [pytest.mark.django_db, pytest.mark.spec("X-15")]
SCOPES = (
    "usage_data customer_distribution_details bill_statements bill_data customer_supply_details "
    "customer_supply_history generation_mix generation_breakdown consumption_breakdown residual_mix"
)


@pytest.fixture
def home(db, now):
    home = household()
    place(home.point, "CAISO")
    SupplyTermFactory(contract=home.contract, tariff_code="EV-TOU", start=date(2020, 1, 1), end=None)
    load_days(home.meter, date(2026, 3, 1), 10)
    for series, key in (
        (MixSeries.CONSUMPTION, "EV-TOU"), (MixSeries.GENERATION, "CAISO"), (MixSeries.RESIDUAL, "CAISO"),
    ):  # fmt: skip
        hourly_mix(series, key, START, {"solar": [Decimal("0.5")] * 240})
    made = bill(home.contract, statement_date=date(2026, 3, 10), start=date(2026, 3, 3), end=date(2026, 3, 8))
    made.file.save("bill.pdf", ContentFile(b"%PDF-1.7 invented"))
    made.file_sha256 = "a" * 64
    made.save()
    return home


@pytest.fixture
def company(home, now):
    company = Reader()
    company.granted(home.contract, scope=SCOPES, start=START, end=END)
    now.move_to(READ)
    company.token = issue_token(company.grant)
    return company


def the_bill() -> BillStatement:
    return BillStatement.objects.get(statement_date=date(2026, 3, 10))


def reads(company, path):
    answer = company.get(path.format(statement=the_bill().public_id))
    assert answer.status_code == 200, answer.content
    assert answer.getvalue()
    assert Disclosure.objects.get().value_count > 0


def the_supply(home):
    load_supply_terms(rows=[term_row(home, end=date(2026, 3, 5))], at=clock.now())


def the_region(home):
    point = home.point
    row = PointRow(
        2,
        point.servicepoint_number,
        point.premise.premise_number,
        point.commodity,
        point.voltage,
        "EAST",
        "",
        MOVED,
    )
    load(Hierarchy("changes", clock.now(), points=(row,)), at=clock.now())


def term_row(home, **changed) -> SupplyTermRow:
    term = SupplyTerm.objects.select_related("supplier", "contract").get(contract=home.contract)
    columns = {
        "line": 2, "contract_number": term.contract.contract_number, "supplier": term.supplier.name,
        "supplier_contract_number": term.supplier_contract_number, "tariff_code": term.tariff_code,
        "tariff_name": term.tariff_name, "start": term.start, "end": term.end,
    }  # fmt: skip
    return SupplyTermRow(**columns | changed)


USAGE, NOW, BILLED = (MOVED, END), (MOVED, READ), (MOVED, datetime(2026, 3, 8, 8, tzinfo=UTC))
MIX = "/generation_mix"
LISTED = {
    ("/usage_data", the_point): USAGE,
    ("/usage_data", the_meter): USAGE,
    ("/usage_data", the_contract): USAGE,
    ("/usage_sums?by=day", the_point): USAGE,
    ("/usage_sums?by=month", the_meter): USAGE,
    ("/usage_data/file", the_point): USAGE,
    ("/usage_data/file", the_contract): USAGE,
    ("/distribution_details", the_point): NOW,
    ("/distribution_details", the_meter): NOW,
    ("/distribution_details", the_contract): NOW,
    ("/bill_data", the_contract): BILLED,
    ("/bill_statements", the_contract): BILLED,
    ("/bill_statements/{statement}/file", the_contract): BILLED,
    ("/supply_details", the_supply): NOW,
    ("/supply_history", the_supply): USAGE,
    (MIX, the_point): USAGE,
    (MIX, the_supply): USAGE,
    (MIX, the_region): USAGE,
    ("/generation_breakdown", the_point): USAGE,
    ("/generation_breakdown", the_region): USAGE,
    ("/residual_mix", the_point): USAGE,
    ("/residual_mix", the_region): USAGE,
    ("/consumption_breakdown", the_supply): USAGE,
}


@pytest.mark.parametrize(("path", "ends"), LISTED, ids=lambda value: getattr(value, "__name__", value))
def test_what_was_released_of_the_days_after_is_listed(company, home, now, path, ends):
    reads(company, path)
    now.move_to(ENTERED)

    ends(home)

    (affected,) = affected_disclosures()
    assert (affected.contract, affected.recorded) == (home.contract, ENTERED)
    assert affected.spans == (Span(*LISTED[path, ends]),)


UNTOUCHED = [
    ("/usage_data", the_supply),
    ("/usage_data", the_region),
    ("/distribution_details", the_supply),
    ("/bill_data", the_point),
    ("/bill_statements", the_supply),
    ("/supply_details", the_contract),
    ("/supply_history", the_point),
    ("/generation_breakdown", the_supply),
    ("/residual_mix", the_meter),
    ("/consumption_breakdown", the_point),
]


@pytest.mark.parametrize(("path", "ends"), UNTOUCHED, ids=lambda value: getattr(value, "__name__", value))
def test_what_does_not_go_by_these_dates_is_not(company, home, now, path, ends):
    reads(company, path)
    now.move_to(ENTERED)

    ends(home)

    assert list(affected_disclosures()) == []


def test_a_tariff_that_goes_on_with_another_supplier_leaves_its_mix_right(company, home, now):
    reads(company, "/consumption_breakdown")
    now.move_to(ENTERED)

    the_supply(home)
    SupplyTermFactory(contract=home.contract, tariff_code="EV-TOU", start=date(2026, 3, 5), end=None)

    assert list(affected_disclosures()) == []


def test_a_move_within_a_region_leaves_its_mix_right(company, home, now):
    reads(company, "/generation_breakdown")
    now.move_to(ENTERED)
    there = ServicePointFactory()
    place(there, "CAISO")

    the_point(home)
    row = PointLinkRow(2, home.contract.contract_number, there.servicepoint_number, MOVED, None)
    load(Hierarchy("changes", clock.now(), point_links=(row,)), at=clock.now())

    assert list(affected_disclosures()) == []


def test_a_bill_ahead_of_its_days_counts_for_the_days_that_are_gone(company, home, now):
    the_bill().sections.update(start=date(2026, 3, 1), end=date(2026, 4, 1))
    reads(company, "/bill_statements")
    now.move_to(ENTERED + timedelta(days=5))
    contract = home.contract
    row = ContractRow(
        2, contract.contract_number, contract.billing_account.account_number, contract.commodity,
        contract.distribution.name, contract.address, contract.start, date(2026, 3, 18), (),
    )  # fmt: skip
    load(Hierarchy("changes", clock.now(), contracts=(row,)), at=clock.now())

    (affected,) = affected_disclosures()

    assert affected.spans == (
        Span(datetime(2026, 3, 18, 7, tzinfo=UTC), datetime(2026, 4, 1, 7, tzinfo=UTC)),
    )


def test_a_document_is_listed_for_its_own_bill_alone(company, home, now):
    bill(home.contract, statement_date=date(2026, 3, 9), start=date(2026, 3, 6), end=date(2026, 3, 9))
    reads(company, "/bill_statements/{statement}/file")
    now.move_to(ENTERED)

    the_contract(home)

    (affected,) = affected_disclosures()
    assert affected.spans == (Span(*BILLED),)


@pytest.mark.parametrize(
    ("changes", "recorded"),
    [({"end_0": "2026-03-05"}, (MOVED, END)), ({"DELETE": "on"}, (START, END))],
    ids=["ended", "deleted"],
)
def test_a_term_that_staff_change_by_hand(company, home, now, client, changes, recorded):
    reads(company, "/supply_history")
    now.move_to(ENTERED)
    client.force_login(StaffFactory())
    page = url_of(home.contract)
    written = {f"supply_terms-0-{name.removesuffix('_0')}": value for name, value in changes.items()}

    answer = client.post(page, form_of(client.get(page)) | written)

    assert answer.status_code == 302, answer.content.decode()
    (affected,) = affected_disclosures()
    assert affected.spans == (Span(*recorded),)
    assert LinkChange.objects.get().by.is_staff


def test_the_same_term_again_records_nothing(home, now):
    load_supply_terms(rows=[term_row(home)], at=clock.now())
    load_supply_terms(rows=[term_row(home, tariff_name="Another name")], at=clock.now())

    assert not LinkChange.objects.exists()


def read_often(company, times):
    for _ in range(times):
        assert company.get("/usage_data").status_code == 200


def test_every_one_is_found_page_by_page(company, home, now, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr("datahub.resources.affected_disclosures.PAGE_SIZE", 2)
    read_often(company, 5)
    now.move_to(ENTERED)
    the_point(home)

    pages = []
    after = None
    while not pages or after is not None:
        with django_assert_num_queries(13):
            page, after = affected_page(after=after)
        pages.append(page)

    assert [len(page) for page in pages] == [2, 2, 1]
    keys = [affected.disclosure.pk for page in pages for affected in page]
    assert keys == sorted(Disclosure.objects.values_list("pk", flat=True), reverse=True)
    assert all(newer > older for newer, older in pairwise(keys))


def test_staff_go_on_to_older_ones_and_take_all_of_them_away(company, home, now, client, monkeypatch):
    monkeypatch.setattr("datahub.resources.affected_disclosures.PAGE_SIZE", 2)
    read_often(company, 3)
    now.move_to(ENTERED)
    the_point(home)
    client.force_login(StaffFactory())
    page = reverse("admin:accounts_linkchange_affected")

    first = client.get(page)
    second = client.get(page + first.context["older"])
    table = client.get(reverse("admin:accounts_linkchange_affected_csv")).getvalue().decode()

    assert [len(answer.context["affected"]) for answer in (first, second)] == [2, 1]
    assert "Older releases" in first.content.decode()
    assert second.context["older"] is None
    assert len(table.splitlines()) == 4


def test_the_list_of_a_run_holds_what_that_run_made_wrong(company, home, now, client):
    read_often(company, 1)
    now.move_to(ENTERED)
    the_supply(home)
    the_point(home)
    feed = FeedFactory(kind="supply_terms", format="supply_terms_csv")
    made, later = (
        FeedRunFactory(feed=feed, started=ENTERED + pause, finished=ENTERED + pause + timedelta(minutes=1))
        for pause in (timedelta(), timedelta(hours=1))
    )
    client.force_login(StaffFactory())
    page = reverse("admin:accounts_linkchange_affected")

    listed = [client.get(page, {"run": run.public_id}).context["affected"] for run in (made, later)]
    of_run = client.get(reverse("admin:datahub_feedrun_change", args=[made.pk])).content.decode()

    assert [len(rows) for rows in listed] == [1, 0]
    assert f"?run={made.public_id}" in of_run
    assert "1 disclosure made wrong" in of_run


@pytest.mark.parametrize("query", [{"after": "nowhere"}, {"run": "nobody"}])
def test_a_place_that_is_none_is_not_found(client, db, query):
    client.force_login(StaffFactory())

    assert client.get(reverse("admin:accounts_linkchange_affected"), query).status_code == 404
