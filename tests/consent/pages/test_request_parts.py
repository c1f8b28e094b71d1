"""What each part of the request page holds: kinds of data with examples, services, and nothing that need not be."""

from datetime import timedelta

import pytest
from django.utils import timezone
from lxml import html

from cdsc_portal.lib.time import clock
from consent.models import Grant, Receipt
from consent.scopes.catalogue import SCOPES
from tests.factories.accounts import add_service
from tests.factories.consent import ClientFactory, ask
from tests.support.titles import title_of

USAGE = {"type": "usage_data", "start": "-3y", "end": "+3y", "services": "all"}
FIELDS = (
    "until",
    "share-",
    "contract-",
    "future-",
    "resolution-",
    "start-",
    "end-",
    "search-",
    "by-",
    "only-",
    "numbers-",
    "file-",
)
CARRIED = {"csrfmiddlewaretoken", "digest", "shown", "who"}


def page_of(browser, request):
    return html.fromstring(browser.get(request.page).content.decode())


def words_of(element):
    return " ".join(element.text_content().split())


@pytest.mark.spec("F-90", "F-92", "F-93", "F-94")
def test_each_kind_of_data_is_a_sentence_and_has_its_details_with_examples_behind_a_toggle(home, browser):
    named = ({"type": name, "services": "all", "start": "-1y", "end": "now"} for name in SCOPES)
    page = page_of(browser, ask(*named, user=home.owner))

    for scope in SCOPES.values():
        [card] = page.xpath(f"//fieldset[@id='card-{scope.id}']")
        details = card.xpath(".//details")[0]
        assert details.get("open") is None
        assert str(scope.sentence) in words_of(card)
        assert str(scope.sentence) not in words_of(details)
        examples = {words_of(row.find("dt")): words_of(row.find("dd")) for row in details.xpath(".//dl/div")}
        assert examples == {str(what): f"Example: {example}" for what, example in scope.includes}
        assert f"Not included: {scope.excludes}" in words_of(details)


@pytest.mark.spec("F-62")
def test_requests_for_other_services_stand_apart_each_with_its_own_list(home, browser):
    gas = add_service(owner=home.owner, account=home.account, commodity="natural_gas")
    bills = {"type": "bill_data", "end": "+1y", "services": [gas.contract.contract_number]}
    page = page_of(browser, ask(USAGE, bills, user=home.owner))

    lists = page.xpath("//form[@id='request']/fieldset[starts-with(@id, 'services-')]")
    both = [home.contract.public_id, gas.contract.public_id]

    assert page.xpath("//fieldset[starts-with(@id, 'card-')]/@id") == ["card-usage_data", "card-bill_data"]
    values = [set(group.xpath(".//input/@value")) - {"on"} for group in lists]
    assert values == [set(both), {gas.contract.public_id}]
    assert f"For: {title_of('usage_data')}." in words_of(lists[0])


@pytest.mark.spec("F-117", "F-118", "F-119b", "F-120", "F-121b")
def test_each_service_is_listed_with_number_kind_account_name_and_address(home, browser):
    home.contract.name = "Cabin by the lake"
    home.contract.save()
    gas = add_service(owner=home.owner, account=home.account, commodity="natural_gas")
    page = page_of(browser, ask(USAGE, user=home.owner))

    entries = [words_of(entry) for entry in page.xpath("//li[@data-choice]")]
    [heading] = page.xpath("//section[@data-section]//h3")

    assert len(entries) == 2
    for contract, kind in ((home.contract, "Electricity"), (gas.contract, "Gas")):
        [entry] = [words for words in entries if contract.contract_number in words]
        assert kind in entry and contract.address in entry
    assert any("Cabin by the lake" in entry for entry in entries)
    assert home.account.account_number in words_of(heading)


@pytest.mark.spec("F-124b", "F-131")
def test_later_services_are_shared_only_where_that_box_is_ticked(home, browser, opened):
    form = opened(browser, ask(USAGE, user=home.owner))
    assert form.ticked("future-usage_data") == []
    form.tick("future-usage_data")

    form.press("decision", "approve")

    assert list(Grant.objects.get().parts.get().future_accounts.all()) == [home.account]


@pytest.mark.spec("F-71", "F-72", "F-74s", "F-75s", "F-86")
def test_the_form_asks_for_nothing_but_what_is_shared(home, browser):
    """No box for marketing, no survey, no signature: every field narrows the request, none has to be filled in."""
    client = ClientFactory(purpose="To size your roof.", terms_uri="https://roofs.example.com/terms")
    page = page_of(browser, ask(USAGE, user=home.owner, client=client))

    fields = page.xpath("//form[@id='request']//*[self::input or self::select or self::textarea]")
    names = {field.get("name") for field in fields} - CARRIED

    assert {"share-usage_data", "contract-usage_data", "end-usage_data"} <= names
    assert [name for name in names if not name.startswith(FIELDS)] == []
    assert page.xpath("//*[@required]") == []


@pytest.mark.spec("F-76", "F-106", "F-111")
def test_a_long_purpose_stands_whole_in_a_block_of_its_own(home, browser):
    purpose = "\n".join(f"{number}. We <i>promise</i> & mean it." for number in range(40))
    page = page_of(browser, ask(USAGE, user=home.owner, client=ClientFactory(purpose=purpose)))

    [block] = page.xpath("//*[@class='own-words']")

    assert block.text == purpose
    assert block.get("tabindex") == "0"
    assert len(block) == 0


@pytest.mark.spec("P-04")
@pytest.mark.parametrize("days", [(-10, -2), (-10, 10)], ids=["over", "going on"])
def test_the_check_says_the_period_that_is_granted(home, browser, opened, days):
    first, last = (timezone.localdate(clock.now()) + timedelta(days=number) for number in days)
    form = opened(browser, ask(USAGE, user=home.owner))
    form.fill("start-usage_data", first.isoformat())
    form.fill("end-usage_data", last.isoformat())

    summary = words_of(
        html.fromstring(form.press("action", "update").content.decode()).get_element_by_id("summary")
    )
    form.press("decision", "approve")

    [part] = Receipt.objects.get().facts["parts"]
    assert part["period"] in summary
    assert part["access"].rpartition(",")[0] in summary
    assert "You changed the last day to" in summary
