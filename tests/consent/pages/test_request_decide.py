"""Deciding a request in the browser: exactly what was ticked, once, and never more."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import OutgoingMail, ServiceContract
from cdsc_portal.lib.time import clock
from consent.models import Actor, ConsentRequest, Grant, Receipt, RequestStatus
from consent.services.revoke import revoke_grant
from tests.consent.pages.form import PostedForm
from tests.factories.accounts import BillingAccountFactory, add_service, household
from tests.factories.consent import ask

USAGE = {"type": "usage_data", "start": "-3y", "end": "+3y", "services": "all"}
BILLS = {"type": "bill_data", "start": "-1y", "end": "now", "services": "all"}
MIX = {"type": "generation_mix", "start": "-1y", "end": "now", "services": "all"}


def answer_of(response):
    """The query of a redirect to the third party."""
    assert response.status_code == 303, response.content.decode()
    return {name: values[0] for name, values in parse_qs(urlsplit(response["Location"]).query).items()}


def granted():
    grant = Grant.objects.get()
    return {part.scope: {contract.pk for contract in part.contracts.all()} for part in grant.parts.all()}


@pytest.mark.spec("F-68", "P-01", "F-26", "F-84")
def test_approving_as_it_stands_shares_exactly_what_was_asked(home, browser, opened):
    request = ask(USAGE, BILLS, user=home.owner)

    response = opened(browser, request).press("decision", "approve")

    answer = answer_of(response)
    assert answer["code"]
    assert answer["state"] == "s"
    assert granted() == {"usage_data": {home.contract.pk}, "bill_data": {home.contract.pk}}
    part = Grant.objects.get().parts.get(scope="usage_data")
    assert part.window_end > clock.now() + timedelta(days=3 * 365)


@pytest.mark.spec("P-04", "F-63")
def test_an_unticked_scope_and_contract_and_shorter_dates_are_what_is_granted(home, browser, opened):
    gas = add_service(owner=home.owner, account=home.account, commodity="natural_gas")
    request = ask(USAGE, BILLS, user=home.owner)
    today = timezone.localdate(clock.now())
    form = opened(browser, request)
    form.untick("share-bill_data")
    form.untick("contract-usage_data", gas.contract.public_id)
    form.fill("start-usage_data", (today - timedelta(days=10)).isoformat())
    form.fill("end-usage_data", (today + timedelta(days=10)).isoformat())

    answer_of(form.press("decision", "approve"))

    assert granted() == {"usage_data": {home.contract.pk}}
    part = Grant.objects.get().parts.get()
    assert timezone.localdate(part.window_start) == today - timedelta(days=10)
    assert timezone.localdate(part.window_end) == today + timedelta(days=11)
    facts = Receipt.objects.get().facts
    assert [left["scope"] for left in facts["left_out"]] == ["bill_data"]


@pytest.mark.spec("P-05", "F-25", "F-79")
def test_deny_works_on_an_erroneous_form_and_shares_nothing(home, browser, opened):
    form = opened(browser, ask(USAGE, user=home.owner))
    form.untick("share-usage_data")
    form.fill("start-usage_data", "not a date")
    form.fill("digest", "stale")

    answer = answer_of(form.press("decision", "deny"))

    assert answer["error"] == "access_denied"
    assert answer["state"] == "s"
    assert not Grant.objects.exists()
    assert ConsentRequest.objects.get().status == RequestStatus.DENIED


@pytest.mark.spec("P-06")
def test_the_first_submit_only_updates_the_summary(home, browser, opened):
    form = opened(browser, ask(USAGE, user=home.owner))

    response = form.press("action", "update")

    assert form.buttons[0] == ("action", "update", "Update summary")
    assert response.status_code == 200
    assert ConsentRequest.objects.get().status == RequestStatus.WAITING


@pytest.mark.spec("F-77", "F-78")
def test_both_decisions_stand_side_by_side_in_the_same_style(home, browser):
    request = ask(USAGE, user=home.owner)

    page = browser.get(request.page).content.decode()

    assert '<button class="button" name="decision" value="approve">Share selected data</button>' in page
    assert '<button class="button" name="decision" value="deny">Do not share</button>' in page


@pytest.mark.spec("F-80", "F-81", "F-82", "C-37", "P-11")
@pytest.mark.parametrize(
    ("name", "anchor"),
    [("share-usage_data", "share-usage_data"), ("contract-usage_data", "services-usage_data")],
)
def test_nothing_ticked_is_an_error_that_leads_to_its_place(home, browser, opened, name, anchor):
    form = opened(browser, ask(USAGE, user=home.owner))
    form.untick(name)

    response = form.press("decision", "approve")

    page = response.content.decode()
    assert "<title>Error:" in page
    assert f'<a href="#{anchor}">' in page
    assert f'id="{anchor}"' in page
    assert not Grant.objects.exists()


@pytest.mark.spec("F-82")
def test_after_an_error_the_ticks_are_kept_and_the_form_can_be_sent_again(home, browser, opened):
    gas = add_service(owner=home.owner, account=home.account, commodity="natural_gas")
    form = opened(browser, ask(USAGE, BILLS, user=home.owner))
    form.untick("contract-usage_data", gas.contract.public_id)
    form.fill("start-usage_data", "2020-13-01")

    again = PostedForm.on(browser, form.press("decision", "approve"))
    again.fill("start-usage_data", "")
    answer_of(again.press("decision", "approve"))

    assert granted()["bill_data"] == {home.contract.pk}


@pytest.mark.spec("P-11", "X-11")
@pytest.mark.parametrize(("name", "days"), [("start-usage_data", -5000), ("end-usage_data", 5000)])
def test_a_wider_date_is_refused(home, browser, opened, name, days):
    form = opened(browser, ask(USAGE, user=home.owner))
    form.fill(name, (timezone.localdate(clock.now()) + timedelta(days=days)).isoformat())

    response = form.press("decision", "approve")

    assert f'href="#{name}"' in response.content.decode()
    assert not Grant.objects.exists()


@pytest.mark.spec("P-11", "X-11")
@pytest.mark.parametrize("name", ["share-bill_statements", "contract-usage_data", "future-bill_data"])
def test_a_forged_field_is_refused_and_says_so(home, browser, opened, name):
    foreign = household()
    form = opened(browser, ask(USAGE, user=home.owner))
    form.tick(name, foreign.contract.public_id)

    response = form.press("decision", "approve")

    assert response.status_code == 403
    assert "Nothing was shared" in response.content.decode()
    assert not Grant.objects.exists()


@pytest.mark.spec("P-09")
def test_what_changed_between_view_and_submit_is_named_and_nothing_is_shared(home, browser, opened):
    request = ask(USAGE, user=home.owner)
    form = opened(browser, request)
    request.client.purpose = "Something quite different."
    request.client.save()
    add_service(owner=home.owner, account=home.account, commodity="water")

    response = form.press("decision", "approve")

    page = response.content.decode()
    assert "what the company says it wants the data for" in page
    assert "the services to choose from" in page
    assert "the dates" not in page.split("This request has changed")[1].split("</ul>")[0]
    assert not Grant.objects.exists()
    answer_of(PostedForm.on(browser, response).press("decision", "approve"))


@pytest.mark.spec("P-09")
def test_a_form_without_a_digest_shares_nothing(home, browser, opened):
    form = opened(browser, ask(USAGE, user=home.owner))
    del form.data["digest"]

    response = form.press("decision", "approve")

    assert "This request has changed" in response.content.decode()
    assert not Grant.objects.exists()


@pytest.mark.spec("P-07", "F-83", "C-33", "F-27", "F-28")
def test_a_double_click_gives_one_grant_one_receipt_and_the_same_way_back(home, browser, opened):
    form = opened(browser, ask(USAGE, user=home.owner))

    first = answer_of(form.press("decision", "approve"))
    second = answer_of(form.press("decision", "approve"))

    assert first["code"] != second["code"]
    assert Grant.objects.count() == Receipt.objects.count() == 1
    assert OutgoingMail.objects.count() == 1


@pytest.mark.spec("P-07")
def test_going_back_says_when_it_was_decided_and_links_the_receipt(home, browser, opened):
    request = ask(USAGE, user=home.owner)
    opened(browser, request).press("decision", "approve")

    page = browser.get(request.page).content.decode()

    assert "You decided this on" in page
    receipt = Receipt.objects.get()
    assert reverse("sharing_receipt", args=[receipt.grant.public_id, receipt.number]) in page
    assert "https://app.example.com" in page


@pytest.mark.spec("P-07")
def test_going_back_after_a_stop_does_not_say_that_data_is_shared(home, browser, opened):
    request = ask(USAGE, user=home.owner)
    opened(browser, request).press("decision", "approve")
    revoke_grant(grant=Grant.objects.get(), by=home.owner, actor=Actor.CUSTOMER, at=clock.now())

    page = browser.get(request.page).content.decode()

    assert "You stopped it" in page
    assert "You share data with" not in page


@pytest.mark.spec("P-07")
def test_after_a_denial_a_late_approval_shares_nothing(home, browser, opened):
    form = opened(browser, ask(USAGE, user=home.owner))
    form.press("decision", "deny")

    response = form.press("decision", "approve", follow=True)

    assert "You chose not to share" in response.content.decode()
    assert not Grant.objects.exists()


def test_two_thousand_ticked_contracts_are_shared_with_as_many_queries_as_two(
    home, browser, opened, django_assert_max_num_queries
):
    account = BillingAccountFactory(customer=home.customer)
    many(account, 1999)
    form = opened(browser, ask(USAGE, user=home.owner))

    with django_assert_max_num_queries(60):
        answer_of(form.press("decision", "approve"))

    assert len(granted()["usage_data"]) == 2000


def many(account, count):
    """`count` contracts at once."""
    ServiceContract.objects.bulk_create(
        ServiceContract(
            billing_account=account,
            contract_number=f"8{number:06d}-1",
            commodity="electricity",
            address="1 Market Square, Riverton",
            start="2020-01-01",
        )
        for number in range(count)
    )
