"""The privacy dial: readings as totals, meters left out; grant, receipt, details and change page say so (P-29)."""

import json
import zoneinfo

import pytest
from lxml import html

from cdsc_portal.lib.time import clock
from consent.models import Grant, GrantPart, Receipt
from consent.requests import parse_request
from consent.requests.values import InvalidDetails
from consent.resolution import Resolution
from consent.services.decision import AllOrNone, NotOffered, PartDecision
from consent.services.narrow import narrow_grant
from tests.consent.pages.form import PostedForm
from tests.factories.accounts import MeterDeviceFactory, MeterInstallationFactory
from tests.factories.consent import ClientFactory, approve, ask

USAGE = {"type": "usage_data", "start": "-1y", "end": "+1y", "services": "all"}
BILLS = {"type": "bill_data", "start": "-1y", "end": "now", "services": "all"}


@pytest.fixture
def charger(home):
    """A second meter of the household's service."""
    meter = MeterDeviceFactory(commodity=home.meter.commodity)
    MeterInstallationFactory(meter=meter, service_point=home.point)
    return meter


@pytest.mark.spec("P-29")
def test_daily_totals_are_granted_and_receipt_details_and_pages_say_so(home, browser, opened):
    form = opened(browser, ask(USAGE, BILLS, user=home.owner))
    form.fill("resolution-usage_data", "daily")

    summary = form.press("action", "update", headers={"X-Part": "summary"}).content.decode()
    form.press("decision", "approve")

    grant = Grant.objects.get()
    assert "Daily totals, nothing finer." in summary
    assert grant.parts.get(scope="usage_data").resolution == "daily"
    assert grant.parts.get(scope="bill_data").resolution == ""
    assert [detail.get("resolution") for detail in grant.authorization_details] == ["daily", None]
    assert Receipt.objects.get().facts["parts"][0]["readings"] == "Daily totals, nothing finer."
    assert "Daily totals, nothing finer." in browser.get(f"/my/sharing/{grant.public_id}/").content.decode()


@pytest.mark.spec("P-29", "P-11")
@pytest.mark.parametrize(
    ("name", "value"), [("resolution-usage_data", "seconds"), ("resolution-bill_data", "daily")]
)
def test_a_resolution_that_was_not_offered_grants_nothing(home, browser, opened, name, value):
    form = opened(browser, ask(USAGE, BILLS, user=home.owner))
    form.fill(name, value)

    assert form.press("decision", "approve").status_code == 403
    assert not Grant.objects.exists()


@pytest.mark.spec("P-29", "P-11")
def test_a_change_makes_readings_coarser_and_never_finer(home, browser):
    grant = approve(ask(USAGE, user=home.owner))
    part = GrantPart.objects.get()
    page = browser.get(f"/my/sharing/{grant.public_id}/change/")
    form = PostedForm.on(browser, page, "change")
    form.fill("resolution-usage_data", "monthly")

    form.press("action", "save")
    part.refresh_from_db()
    finer = (PartDecision("usage_data", frozenset({home.contract.pk}), resolution=Resolution.HOURLY),)
    narrow_grant(grant=grant, decision=finer, by=home.owner, at=clock.now())

    again = html.fromstring(browser.get(f"/my/sharing/{grant.public_id}/change/").content.decode())
    part.refresh_from_db()
    grant.refresh_from_db()
    assert part.resolution == grant.authorization_details[0]["resolution"] == "monthly"
    assert again.xpath("//select[@name='resolution-usage_data']/option/@value") == ["monthly"]


@pytest.mark.spec("P-29", "F-67")
def test_what_comes_whole_or_not_at_all_has_no_dial(home, browser, opened):
    request = ask(USAGE, user=home.owner, client=ClientFactory(all_or_nothing=True))
    assert "resolution-usage_data" not in browser.get(request.page).content.decode()

    coarser = (PartDecision("usage_data", frozenset({home.contract.pk}), resolution=Resolution.DAILY),)
    with pytest.raises(AllOrNone):
        approve(request, decision=coarser)


@pytest.mark.spec("P-29")
def test_a_meter_can_be_left_out_and_only_of_this_service(home, browser, opened, charger):
    form = opened(browser, ask(USAGE, user=home.owner))
    name = f"meter-{home.contract.public_id}"
    assert set(form.ticked(name)) == {home.meter.public_id, charger.public_id}
    form.untick(name, charger.public_id)

    form.press("decision", "approve")

    grant = Grant.objects.get()
    assert grant.parts.get().meters == [[home.contract.pk, home.meter.pk]]
    assert grant.authorization_details[0]["meters"] == [home.meter.meter_number]
    assert "Only 1 chosen meter" in Receipt.objects.get().facts["parts"][0]["readings"]


@pytest.mark.spec("P-29")
def test_all_meters_ticked_is_no_limit_and_none_is_an_error(home, browser, opened, charger):
    request = ask(USAGE, user=home.owner)
    none = opened(browser, request)
    none.untick(f"meter-{home.contract.public_id}")
    refused = none.press("decision", "approve")

    opened(browser, request).press("decision", "approve")

    assert "Tick at least one meter" in refused.content.decode()
    assert GrantPart.objects.get().meters == []


@pytest.mark.spec("P-29", "P-11")
def test_a_meter_of_somebody_else_or_left_out_before_is_refused(home, charger):
    stranger = MeterDeviceFactory()
    contract = home.contract.pk

    def of(meter):
        return (PartDecision("usage_data", frozenset({contract}), meters=frozenset({(contract, meter.pk)})),)

    with pytest.raises(NotOffered):
        approve(ask(USAGE, user=home.owner), decision=of(stranger))
    grant = approve(ask(USAGE, user=home.owner), decision=of(home.meter))
    with pytest.raises(NotOffered):
        narrow_grant(grant=grant, decision=of(charger), by=home.owner, at=clock.now())
    whole = (PartDecision("usage_data", frozenset({contract})),)
    narrow_grant(grant=grant, decision=whole, by=home.owner, at=clock.now())
    assert GrantPart.objects.get().meters == [[contract, home.meter.pk]]


@pytest.mark.spec("P-29")
def test_a_company_says_the_coarsest_that_is_of_use_to_it(home, browser):
    request = ask({**USAGE, "coarsest_resolution": "daily"}, user=home.owner)

    page = " ".join(html.fromstring(browser.get(request.page).content.decode()).text_content().split())

    assert "The company says it can use these at most: Daily totals." in page


@pytest.mark.spec("P-29", "X-09")
@pytest.mark.parametrize(
    "detail", [{**USAGE, "coarsest_resolution": "yearly"}, {**BILLS, "coarsest_resolution": "daily"}]
)
def test_an_unknown_coarsest_resolution_is_refused_by_its_field(detail):
    with pytest.raises(InvalidDetails, match="coarsest_resolution"):
        parse_request(
            scope="",
            authorization_details=json.dumps([detail]),
            allowed=["usage_data", "bill_data"],
            now=clock.now(),
            zone=zoneinfo.ZoneInfo("America/Los_Angeles"),
        )
