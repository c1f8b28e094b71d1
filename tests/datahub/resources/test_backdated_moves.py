"""A backdated move: the next call goes by it, and staff see which disclosures it affects."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from accounts.feed_rows import Hierarchy, PointLinkRow
from accounts.models import ContractServicePoint, LinkChange, MeterInstallation, ServiceContract
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.ranges import Span
from datahub.resources.affected_disclosures import affected_disclosures
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
from tests.factories.accounts import EPOCH, StaffFactory, add_service, household
from tests.factories.datahub import bill
from tests.factories.feeds import FeedFactory, FeedRunFactory, load_days
from tests.support.admin_pages import form_of, url_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(db, now):
    home = household()
    load_days(home.meter, date(2026, 3, 1), 10)
    return home


class Company(Reader):
    def asks(self, path: str, **headers: str):
        """With a token of its grant, whatever the time."""
        self.token = issue_token(self.grant)
        answer = self.get(path, **headers)
        assert answer.status_code == 200
        return answer

    def reads(self, path: str) -> dict:
        return self.asks(path).json()


@pytest.fixture
def company(home, now):
    company = Company()
    company.granted(
        home.contract, scope="usage_data customer_distribution_details bill_statements bill_data",
        start=START, end=END,
    )  # fmt: skip
    return company


def served(answer) -> list[tuple[str, str]]:
    return [(segment["start"], segment["end"]) for segment in answer["data"]]


def in_admin(target, **changes):
    def change(home, client):
        client.force_login(StaffFactory())
        page = url_of(target(home))
        data = form_of(client.get(page)) | changes
        answer = client.post(page, data)
        assert answer.status_code == 302, answer.content.decode()

    return change


LOCAL = {"0": "2026-03-05", "1": "00:00:00"}
WAYS = {
    "the link, by a feed": the_point,
    "the meter, by a feed": the_meter,
    "the contract, by a feed": the_contract,
    "all, by a full file without them": lambda home: load(Hierarchy("full", MOVED), at=clock.now()),
    "the link, in admin": in_admin(
        lambda home: home.contract, **{f"point_links-0-end_{part}": value for part, value in LOCAL.items()}
    ),
    "the meter, in admin": in_admin(
        lambda home: home.meter, **{f"installations-0-end_{part}": value for part, value in LOCAL.items()}
    ),
    "the contract, in admin": in_admin(lambda home: home.contract, end="2026-03-05"),
}


@pytest.fixture
def ends_late(home, now, client):
    """Ends what a release went by, entered on 20 March as of 5 March."""

    def ends(way):
        now.move_to(ENTERED)
        change = WAYS[way]
        change(home, client) if "admin" in way else change(home)

    return ends


@pytest.mark.spec("X-15")
@pytest.mark.parametrize("way", WAYS)
def test_the_next_call_goes_by_it_and_the_release_before_is_listed(company, home, now, ends_late, way):
    now.move_to(READ)
    before = served(company.reads("/usage_data"))
    ends_late(way)

    after = served(company.reads("/usage_data"))

    (affected,) = affected_disclosures()
    assert before == [("2026-03-01T00:00:00Z", "2026-03-11T00:00:00Z")]
    assert after == [("2026-03-01T00:00:00Z", "2026-03-05T08:00:00Z")]
    assert (affected.disclosure.released_at, affected.recorded) == (READ, ENTERED)
    assert (affected.contract, affected.disclosure.grant) == (home.contract, company.grant)
    assert affected.spans == (Span(MOVED, END),)
    assert affected.days == 5.67


@pytest.mark.spec("X-15")
@pytest.mark.parametrize("way", ["the link, by a feed", "the meter, by a feed", "the contract, by a feed"])
@pytest.mark.parametrize("path", ["/usage_data", "/usage_sums?by=day", "/distribution_details"])
def test_nobody_is_told_that_nothing_changed(company, now, ends_late, way, path):
    now.move_to(READ)
    known = company.asks(path).headers["ETag"]
    ends_late(way)

    again = company.asks(path, **{"If-None-Match": known})

    assert again.headers["ETag"] != known


def test_where_a_service_was_is_not_told_once_its_contract_is_over(home, company, now, ends_late):
    now.move_to(READ)
    (before,) = company.reads("/distribution_details")["data"]
    ends_late("the contract, by a feed")

    (after,) = company.reads("/distribution_details")["data"]

    assert [point["service_point_id"] for point in before["service_points"]] == [
        home.point.servicepoint_number
    ]
    assert (after["service_points"], after["end"]) == ([], "2026-03-05")


def test_a_release_that_went_by_the_new_links_is_right(company, now, ends_late):
    ends_late("the link, by a feed")
    now.shift(timedelta(hours=1))

    company.reads("/usage_data")

    assert list(affected_disclosures()) == []


def test_a_release_of_days_before_the_move_is_right(home, company, now, ends_late):
    company.granted(home.contract, start=START, end=datetime(2026, 3, 4, tzinfo=UTC))
    now.move_to(READ)
    company.reads("/usage_data")

    ends_late("the link, by a feed")

    assert list(affected_disclosures()) == []


def test_an_empty_answer_released_nothing(home, company, now, ends_late):
    company.granted(home.contract, start=datetime(2026, 3, 11, tzinfo=UTC), end=READ)
    now.move_to(READ)
    company.reads("/usage_data")

    ends_late("the link, by a feed")

    assert list(affected_disclosures()) == []


def test_what_was_not_yet_over_at_the_release_was_not_released(home, company, now, ends_late):
    company.granted(home.contract, start=START, end=datetime(2026, 4, 1, tzinfo=UTC))
    now.move_to(READ)
    company.reads("/usage_data")

    ends_late("the link, by a feed")

    (affected,) = affected_disclosures()
    assert affected.spans == (Span(MOVED, READ),)


def test_a_change_that_is_taken_back_makes_nothing_wrong(home, company, now, ends_late):
    now.move_to(READ)
    company.reads("/usage_data")
    ends_late("the link, by a feed")
    now.shift(timedelta(hours=1))
    row = PointLinkRow(2, home.contract.contract_number, home.point.servicepoint_number, EPOCH, None)
    load(Hierarchy("changes", clock.now(), point_links=(row,)), at=clock.now())

    assert list(affected_disclosures()) == []
    assert len(served(company.reads("/usage_data"))) == 1


def test_a_link_that_a_later_full_file_leaves_out_as_if_it_had_never_been(home, company, now):
    now.move_to(READ)
    company.reads("/usage_data")
    now.move_to(ENTERED)
    ContractServicePoint.objects.update(version_at=None)
    load(Hierarchy("full", datetime(2019, 1, 1, tzinfo=UTC)), at=clock.now())

    (affected,) = affected_disclosures()
    assert not ContractServicePoint.objects.exists()
    assert affected.spans == (Span(START, END),)


def test_a_link_that_staff_delete_as_if_it_had_never_been(home, company, now, client):
    now.move_to(READ)
    company.reads("/usage_data")
    now.move_to(ENTERED)
    in_admin(lambda home: home.contract, **{"point_links-0-DELETE": "on"})(home, client)

    (affected,) = affected_disclosures()
    assert not ContractServicePoint.objects.exists()
    assert affected.spans == (Span(START, END),)
    assert served(company.reads("/usage_data")) == []


def test_a_full_file_records_all_that_it_ends(home, now, ends_late):
    ends_late("all, by a full file without them")

    assert {change.kind: change.new_end for change in LinkChange.objects.all()} == {
        "contract_point": MOVED, "meter_point": MOVED, "contract": MOVED,
    }  # fmt: skip


def test_who_moved_in_late_is_not_blamed_for_what_a_meter_lost(home, company, now):
    """The new occupant's link was not there at the release, so nothing was released by it."""
    now.move_to(READ)
    other = add_service(owner=home.owner, account=home.account)
    company.granted(home.contract, other.contract, start=START, end=END)
    load_days(other.meter, date(2026, 3, 1), 10)
    company.reads("/usage_data")
    now.move_to(ENTERED)
    ContractServicePoint.objects.create(contract=other.contract, service_point=home.point, start=START)
    the_meter(home)

    (affected,) = affected_disclosures()

    assert affected.contract == home.contract


def test_where_a_service_is_counts_by_the_moment_it_was_told(company, now, ends_late):
    now.move_to(READ)
    company.reads("/distribution_details")

    ends_late("the link, by a feed")

    (affected,) = affected_disclosures()
    assert affected.disclosure.resource == "distribution_details"
    assert affected.spans == (Span(MOVED, READ),)


@pytest.mark.parametrize("path", ["/bill_data", "/bill_statements"])
def test_bills_count_by_the_days_of_the_contract(home, company, now, ends_late, path):
    bill(home.contract, statement_date=date(2026, 3, 10), start=date(2026, 3, 3), end=date(2026, 3, 8))
    now.move_to(READ)
    company.reads(path)

    ends_late("the contract, by a feed")

    (affected,) = affected_disclosures()
    assert affected.spans == (Span(MOVED, datetime(2026, 3, 8, 8, tzinfo=UTC)),)
    assert affected.days == 3


def test_what_changed_and_who_changed_it_is_kept(home, now, ends_late):
    ends_late("the link, in admin")
    by_person = LinkChange.objects.get()
    now.shift(timedelta(hours=1))
    the_meter(home)

    by_feed = LinkChange.objects.first()
    assert (by_person.old_start, by_person.old_end, by_person.new_end) == (EPOCH, None, MOVED)
    assert (by_person.by.is_staff, by_feed.by) == (True, None)
    assert by_feed.meter == home.meter


def test_loading_the_same_again_records_nothing(home, now, ends_late):
    ends_late("the link, by a feed")
    the_point(home)

    assert LinkChange.objects.count() == 1


def test_it_can_be_narrowed_to_a_contract_and_to_when_it_was_entered(home, company, now, ends_late):
    now.move_to(READ)
    company.reads("/usage_data")
    ends_late("the link, by a feed")

    of_it = affected_disclosures(contract_number=home.contract.contract_number)
    of_another = affected_disclosures(contract_number="nobody")
    that_day = affected_disclosures(recorded=Span(ENTERED, ENTERED))
    later = affected_disclosures(recorded=Span(ENTERED + timedelta(seconds=1), None))

    assert [len(list(disclosures)) for disclosures in (of_it, of_another, that_day, later)] == [1, 0, 1, 0]


def test_many_take_as_many_queries_as_one(home, company, now, ends_late, django_assert_num_queries):
    now.move_to(READ)
    for _ in range(5):
        company.reads("/usage_data")
        now.shift(timedelta(minutes=1))
    ends_late("the link, by a feed")

    # candidates, contracts, disclosures, sections, regions; dates of points, meters, terms; four kinds of changes
    with django_assert_num_queries(13):
        disclosures = list(affected_disclosures())

    assert len(disclosures) == 5


def test_staff_see_them_and_take_them_away(home, company, now, ends_late, client):
    now.move_to(READ)
    company.reads("/usage_data")
    ends_late("the link, by a feed")
    client.force_login(StaffFactory())
    number = home.contract.contract_number

    page = client.get(reverse("admin:accounts_linkchange_affected"), {"contract": number}).content.decode()
    none = client.get(reverse("admin:accounts_linkchange_affected"), {"contract": "nobody"}).content.decode()
    table = client.get(reverse("admin:accounts_linkchange_affected_csv"), {"contract": number})

    assert number in page and company.client.name in page and "5.67" in page
    assert company.client.name not in none
    assert table.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert table.getvalue().decode().splitlines()[1].split(",")[:3] == [
        "2026-03-12T12:00:00Z", number, company.client.name,
    ]  # fmt: skip


def test_the_page_of_a_run_says_how_many_it_made_wrong(home, company, now, ends_late, client):
    now.move_to(READ)
    company.reads("/usage_data")
    ends_late("the link, by a feed")
    client.force_login(StaffFactory())
    feed = FeedFactory(kind="hierarchy", format="hierarchy_json")
    made, later = (
        FeedRunFactory(feed=feed, started=ENTERED + pause, finished=ENTERED + pause + timedelta(minutes=1))
        for pause in (timedelta(), timedelta(hours=1))
    )

    pages = [
        client.get(reverse("admin:datahub_feedrun_change", args=[run.pk])).content.decode()
        for run in (made, later)
    ]

    assert ["1 disclosure made wrong" in page for page in pages] == [True, False]


@pytest.mark.parametrize("name", ["accounts_linkchange_affected", "accounts_linkchange_affected_csv"])
def test_staff_who_may_not_see_disclosures_see_none(client, db, name):
    staff = StaffFactory(is_superuser=False)
    client.force_login(staff)

    assert client.get(reverse(f"admin:{name}")).status_code == 403


def test_links_that_were_there_before_changes_were_kept_count_as_always_there(home, company, now, ends_late):
    ContractServicePoint.objects.update(created=None)
    MeterInstallation.objects.update(created=None)
    now.move_to(READ)
    company.reads("/usage_data")

    ends_late("the link, by a feed")

    assert len(list(affected_disclosures())) == 1
    assert ServiceContract.objects.count() == 1
