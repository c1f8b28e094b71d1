import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from datahub.feeds.formats.csv.presets import presets
from datahub.models import Feed
from tests.factories.accounts import StaffFactory, UserFactory
from tests.factories.feeds import FeedFactory

pytestmark = pytest.mark.django_db

MAPPING = {
    "shape": "long",
    "columns": {"meter": "Meter", "start": "From", "value": "Amount", "unit": {"text": "kWh"}},
    "interval_seconds": 900,
}
SAMPLE = "Meter;From;Amount\nM-1;2025-06-01T00:00;0.5\nM-1;2025-06-01T00:15;\nM-1;noon;1\n"


@pytest.fixture
def feed():
    return FeedFactory(time_zone="Europe/Brussels", settings={})


@pytest.fixture
def staff(client):
    client.force_login(StaffFactory())
    return client


def page(feed):
    return reverse("admin:datahub_feed_mapping", args=[feed.pk])


def fields_of(answer):
    """What a browser would send back from the page."""
    form = answer.context["form"]
    return {field.html_name: field.value() or "" for field in form if field.name != "sample_file"}


def post(staff, feed, button, mapping=MAPPING, **fields):
    shown = fields_of(staff.get(page(feed)))
    text = json.dumps(mapping) if isinstance(mapping, dict) else mapping
    return staff.post(page(feed), shown | {"mapping": text, "button": button} | fields)


def test_a_sample_is_shown_as_it_is_read_and_nothing_is_saved(staff, feed):
    shown = post(staff, feed, "preview", sample=SAMPLE).content.decode()

    for text in (
        "2025-05-31 22:00:00",
        "2025-06-01 00:00:00 +0200",
        "500",
        "unknown",
        "2 readings, 1 lines rejected",
    ):
        assert text in shown
    assert "&#x27;noon&#x27; is not a time like" in shown
    assert Feed.objects.get().mapping == {}


def test_counted_hours_are_shown_at_the_times_that_they_are(staff, feed):
    columns = {"meter": 1, "start": 2, "slot": 3, "value": 4, "unit": {"text": "Wh"}}
    mapping = {"columns": columns, "header": False, "interval_seconds": 3600, "zone": "Europe/Brussels"}
    lines = "M;2025-03-30;23;1\nM;2025-03-30;24;2\nM;2025-10-26;25;3\n"

    shown = post(staff, feed, "preview", mapping, sample=lines).content.decode()

    for text in ("2025-03-30 23:00:00 +0200", "2025-10-26 23:00:00 +0100", "2 readings, 1 lines rejected"):
        assert text in shown
    assert "slot 24 is none: that day has 23 of them" in shown


def test_an_uploaded_file_is_tried_and_stays_for_the_next_look(staff, feed):
    shown = post(staff, feed, "preview", sample_file=SimpleUploadedFile("june.csv", SAMPLE.encode("utf-16")))

    assert "2025-05-31 22:00:00" in shown.content.decode()
    assert fields_of(shown)["sample"] == SAMPLE


def test_a_mapping_is_saved_and_the_format_follows_its_shape(staff, feed):
    mapping = {"shape": "wide", "columns": {"start": 1}, "slots": {"first": 2, "count": 24, "step": 3600}}

    answer = post(staff, feed, "save", mapping)

    feed.refresh_from_db()
    assert answer.status_code == 302
    assert (feed.mapping, feed.format) == (mapping, "usage_csv_wide")


def test_a_field_that_was_changed_goes_into_the_json_and_the_rest_stays(staff, feed):
    start = {"column": 2, "pattern": "(.*)"}
    feed.mapping = MAPPING | {"ignore": ["^#"], "columns": MAPPING["columns"] | {"start": start}}
    feed.save()
    changed = {
        "delimiter": ";",
        "skip_lines": "2",
        "interval_seconds": "",
        "columns.meter": "4",
        "columns.register": "=A",
        "columns.value": "Menge",
    }

    post(staff, feed, "save", feed.mapping, **changed)

    feed.refresh_from_db()
    columns = {
        "meter": 4,
        "start": start,
        "value": "Menge",
        "unit": {"text": "kWh"},
        "register": {"text": "A"},
    }
    assert feed.mapping == {
        "shape": "long", "columns": columns, "ignore": ["^#"], "delimiter": ";", "skip_lines": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("mapping", "field", "message"),
    [
        (MAPPING | {"delimiter": "ab"}, "delimiter", "is not one character"),
        (
            MAPPING | {"columns": MAPPING["columns"] | {"end": 0}},
            "columns.end",
            "columns.end 0 is not a whole number",
        ),
        (MAPPING | {"units": {"x": "y"}}, "mapping", "units.x: unit &#x27;y&#x27; is not known"),
        ("{", "mapping", "Not JSON"),
        ("[]", "mapping", "Not a JSON object"),
    ],
)
@pytest.mark.parametrize("button", ["preview", "save"])
def test_what_is_wrong_is_said_beside_its_field(staff, feed, mapping, field, message, button):
    answer = post(staff, feed, button, mapping)

    assert field in answer.context["form"].errors
    assert message in answer.content.decode()
    assert Feed.objects.get().mapping == {}


def test_a_known_export_is_a_start(staff, feed):
    answer = post(staff, feed, "preset", {}, preset="engie_hours")

    assert json.loads(fields_of(answer)["mapping"]) == presets()["engie_hours"].mapping
    assert fields_of(answer)["columns.meter"] == "EAN"


def test_a_sample_that_cannot_be_read_at_all_says_why(staff, feed):
    shown = post(staff, feed, "preview", sample="Other;Columns\n1;2\n").content.decode()

    assert "The file is refused:" in shown
    assert "missing column" in shown


def test_a_feed_with_a_mapping_keeps_a_format_that_takes_it(staff, feed):
    feed.mapping = MAPPING
    feed.save()
    fields = {"name": feed.name, "format": "espi_xml", "time_zone": "UTC", "settings": "{}"}

    shown = staff.post(reverse("admin:datahub_feed_change", args=[feed.pk]), fields)

    assert "espi_xml takes no mapping" in shown.content.decode()


def test_only_staff_who_may_run_feeds_see_it(client, feed):
    client.force_login(UserFactory(is_staff=True))

    assert client.get(page(feed)).status_code == 403
    assert client.post(page(feed), {"button": "save"}).status_code == 403


def test_the_page_is_offered_where_usage_comes_in_and_nowhere_else(staff, feed):
    bills = FeedFactory(name="bills", kind="bills", format="bills_csv")

    offered, not_offered = (
        staff.get(reverse("admin:datahub_feed_change", args=[each.pk])).content.decode()
        for each in (feed, bills)
    )

    assert "CSV mapping" in offered
    assert "CSV mapping" not in not_offered
    assert staff.get(page(bills)).status_code == 404
