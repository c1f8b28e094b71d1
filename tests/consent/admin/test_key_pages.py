"""Staff's list of disclosures: newest first, by key, without a count; found by the beginning of a number."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from lxml import html

from consent.admin.disclosure_numbers import period_of_number
from consent.models import Disclosure
from tests.factories.accounts import StaffFactory
from tests.factories.consent import GrantFactory

pytestmark = pytest.mark.django_db
LIST = reverse("admin:consent_disclosure_changelist")
FIRST = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def staff(client):
    client.force_login(StaffFactory())
    return client


@pytest.fixture
def disclosures():
    """Newest first; three of each instant."""
    grants = [GrantFactory(), GrantFactory()]
    made = [
        Disclosure.objects.create(
            grant=grants[number % 2], scope="usage_data", resource="usage_data", value_count=1,
            released_at=FIRST + timedelta(hours=number // 3),
        )
        for number in range(130)
    ]  # fmt: skip
    return made[::-1]


def link(answer, words):
    return html.fromstring(answer.content.decode()).xpath(f"//a[normalize-space()='{words}']/@href")


def test_pages_follow_each_other_by_key(staff, disclosures):
    pages, address = [], ""
    while True:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = staff.get(f"{LIST}{address}")
        pages.append(list(answer.context["cl"].result_list))
        of_disclosures = [query["sql"] for query in queries if "consent_disclosure" in query["sql"]]
        assert len(of_disclosures) == 1
        assert "COUNT(" not in of_disclosures[0] and "OFFSET" not in of_disclosures[0]
        assert (link(answer, "Newest") == []) is (address == "")
        if not (older := link(answer, "Older")):
            break
        (address,) = older

    assert [len(page) for page in pages] == [50, 50, 30]
    assert [each for page in pages for each in page] == disclosures


def test_a_filter_stays_from_page_to_page(staff, disclosures):
    grant = disclosures[0].grant

    first = staff.get(LIST, {"grant__id__exact": grant.pk})
    second = staff.get(f"{LIST}{link(first, 'Older')[0]}")

    assert len(second.context["cl"].result_list) == 15
    assert {each.grant for each in second.context["cl"].result_list} == {grant}
    assert link(second, "Newest") == [f"?grant__id__exact={grant.pk}"]


def test_more_rows_than_are_listed_can_be_taken_at_once(staff, disclosures):
    answer = staff.get(LIST)

    assert "50+" in answer.content.decode()
    taken = staff.post(
        LIST,
        {"action": "as_csv", "select_across": "1", "_selected_action": [disclosures[0].pk], "index": "0"},
    )
    assert b"".join(taken.streaming_content).count(b"\r\n") == 131


@pytest.mark.parametrize("position", ["x", "1", "1-x", "99999999999999999-1", "-1-1"])
def test_a_position_that_is_none_is_no_page(staff, disclosures, position):
    answer = staff.get(LIST, {"p": position})

    assert (answer.status_code, answer["Location"].split("?")[1]) == (302, "e=1")


@pytest.mark.parametrize(
    ("beginning", "count"),
    [
        ("2026", 130),
        ("20260301", 72),
        ("20260301-00", 3),
        ("20260301-000000-000000", 3),
        ("202604", 0),
        ("20261399", 0),
        ("usage", 0),
    ],
)
def test_disclosures_are_found_by_the_beginning_of_their_number(staff, disclosures, beginning, count):
    assert all(each.number.startswith("202603") for each in disclosures)

    period = period_of_number(beginning)
    listed = staff.get(LIST, {"q": beginning}).context["cl"]

    assert listed.result_count == min(count, 51)
    if period is not None:
        within = [each for each in disclosures if period.contains(each.released_at)]
        assert len(within) == count
