"""The main job: a feed is ingested, a company asks, the customer narrows and approves, exactly that is fetched,
the customer stops it, the next call is refused. A live server, a browser, a third party over HTTP."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cdsc_portal.lib.time import clock
from datahub.models import RunStatus
from examples.third_party import OAuthError, ThirdParty
from tests.datahub.feeds.runs.files import bring
from tests.factories.consent import SECRET
from tests.factories.feeds import FeedFactory
from tests.journeys.consent_steps import electricity_and_gas, sunny_roofs
from tests.journeys.pages.base import log_in
from tests.support.titles import title_of

pytestmark = pytest.mark.journey

AUTHORIZATION_DETAILS = [
    {"type": "usage_data", "start": "-1y", "end": "+1y", "services": "all"},
    {"type": "bill_data", "start": "-1y", "end": "now", "services": "all"},
]
DAYS = 20  # of readings, the last one yesterday
WH = 250  # in each quarter
QUARTER = timedelta(minutes=15)


@pytest.fixture
def world(settings, live_server, tmp_path, company_site):
    """A household whose electricity readings came by a file, and a company that knows the server's address."""
    settings.PUBLIC_URL, settings.MEDIA_ROOT = live_server.url, tmp_path
    settings.PLAIN_LOOPBACK_REDIRECTS = True  # the company's website is on this machine
    home, client = electricity_and_gas(), sunny_roofs(company_site)
    feed = FeedFactory(settings={"unit": "Wh", "interval_seconds": "900"}, time_zone="UTC")
    run = bring(feed, readings_of(home.meter), at=clock.now())
    assert run.status == RunStatus.DONE
    return home, ThirdParty(live_server.url, client.client_id, SECRET, client.redirect_uris)


def readings_of(meter):
    """A long CSV of quarters at local midnight and after."""
    first = _midnight(DAYS)
    lines = [f"{meter.meter_number},{(first + n * QUARTER).isoformat()},{WH}" for n in range(_quarters(DAYS))]
    return ("meter,start,value\n" + "\n".join(lines) + "\n").encode()


def _midnight(days_ago):
    day = timezone.localdate(clock.now()) - timedelta(days=days_ago)
    return timezone.make_aware(datetime.combine(day, datetime.min.time())).astimezone(UTC)


def _quarters(days):
    """Of the last `days` days; where the clocks change, a day has 92 or 100."""
    return (_midnight(0) - _midnight(days)) // QUARTER


@pytest.mark.parametrize(("width", "scripts"), [(1280, True), (360, False)])
@pytest.mark.spec("P-01", "P-04", "P-13", "X-10", "X-14")
def test_from_the_feed_to_the_refused_call(browser_page, world, company_site, width, scripts):
    home, company = world
    page = browser_page(width=width, scripts=scripts, also=[company_site.host])
    first_day = timezone.localdate(clock.now()) - timedelta(days=3)
    pending = company.ask(AUTHORIZATION_DETAILS)

    log_in(page, home.owner.email, pending.url)
    bills = page.get_by_role("group", name=title_of("bill_data"))
    bills.get_by_role("checkbox").first.uncheck()
    page.get_by_label("Gas").uncheck()
    page.get_by_role("group", name=title_of("usage_data")).get_by_text("Details").click()
    page.get_by_label("First day").first.fill(first_day.isoformat())
    page.get_by_role("button", name="Share selected data").click()
    page.get_by_text("Welcome back").wait_for()
    tokens = company.finish(pending, company_site.called[-1])

    [granted] = tokens["authorization_details"]
    assert tokens["scope"] == granted["type"] == "usage_data"
    assert granted["services"] == [home.contract.contract_number]
    segments = company.get_all("/usage_data", tokens["access_token"])
    assert {segment["contract_number"] for segment in segments} == {home.contract.contract_number}
    values = [float(value) for segment in segments for value in segment["values"] if value is not None]
    assert values == [WH] * _quarters(3)
    assert min(datetime.fromisoformat(segment["start"]) for segment in segments) == _midnight(3)
    assert company.get("/bill_data", tokens["access_token"]).status_code == 403

    page.goto(reverse("sharing_list"))
    page.get_by_role("link", name="Stop sharing").first.click()
    page.get_by_role("button", name="Stop sharing now").click()
    page.get_by_text("You stopped it").first.wait_for()

    assert company.get("/usage_data", tokens["access_token"]).status_code == 401
    assert company.introspect(tokens["access_token"]) == {"active": False}
    with pytest.raises(OAuthError, match="invalid_grant"):
        company.refresh(tokens["refresh_token"])
