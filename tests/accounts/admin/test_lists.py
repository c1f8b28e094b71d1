"""Every list of the hierarchy: searched by the beginning, and no query per row."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Customer
from accounts.queries.search import having_words
from tests.factories.accounts import (
    BillingAccountFactory,
    CustomerFactory,
    EntityFactory,
    MembershipFactory,
    MeterDeviceFactory,
    PremiseFactory,
    ProgramFactory,
    ServiceContractFactory,
    ServicePointFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
LISTS = {
    "user": UserFactory,
    "customer": MembershipFactory,
    "billingaccount": lambda: BillingAccountFactory(parent=BillingAccountFactory()),
    "servicecontract": ServiceContractFactory,
    "entity": EntityFactory,
    "program": ProgramFactory,
    "premise": PremiseFactory,
    "servicepoint": ServicePointFactory,
    "meterdevice": MeterDeviceFactory,
}


@pytest.mark.parametrize("name", LISTS)
def test_thirty_rows_cost_as_many_queries_as_one(staff, name):
    url = f"/admin/accounts/{name}/"
    LISTS[name]()
    with CaptureQueriesContext(connection) as queries_of_one:
        staff.get(url)

    for _ in range(29):
        LISTS[name]()
    with CaptureQueriesContext(connection) as thirty:
        page = staff.get(url)

    assert len(page.context["cl"].result_list) >= 30
    assert len(thirty) == len(queries_of_one)


@pytest.mark.parametrize("term", ["samp", "robin sample", "SAMPLE Ro", "c-77"])
def test_a_customer_is_found_by_the_beginning_of_number_or_words(staff, term):
    CustomerFactory()
    wanted = CustomerFactory(name="Robin Sample", customer_number="C-7701")

    page = staff.get("/admin/accounts/customer/", {"q": term})

    assert list(page.context["cl"].result_list) == [wanted]


def test_marks_in_a_search_are_no_query_language(staff):
    CustomerFactory(name="Robin Sample")

    page = staff.get("/admin/accounts/customer/", {"q": "robin & | ! ' ( :*"})

    assert page.status_code == 200


@pytest.mark.parametrize(
    ("find", "index"),
    [
        (lambda rows: rows.filter(customer_number__istartswith="c-77"), "customer_number_prefix"),
        (lambda rows: having_words(rows, "name", "samp"), "customer_name_words"),
    ],
)
def test_searches_are_served_by_an_index(find, index):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # few rows: a scan would be cheaper

    assert index in find(Customer.objects.order_by()).explain()


@pytest.mark.parametrize("name", LISTS)
def test_each_has_a_page_to_add_one(staff, name):
    assert staff.get(f"/admin/accounts/{name}/add/").status_code == 200
