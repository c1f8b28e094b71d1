"""A ZIP from a vendor's page: readings, the same as HTML, and a read-me."""

import io
import zipfile

import pytest

from datahub.models import RunStatus
from tests.datahub.feeds.formats.espi.espi_feeds import block, feed, meter_reading, point, reading_type
from tests.datahub.feeds.runs.files import FIRST, bring, counts
from tests.factories.accounts import MeterDeviceFactory
from tests.factories.feeds import FeedFactory

pytestmark = pytest.mark.django_db


def test_what_is_no_data_is_named_by_the_run_and_the_rest_is_loaded():
    MeterDeviceFactory(meter_number="/espi/1_1/resource/UsagePoint/1")
    intervals = [(int(FIRST.timestamp()) + 900 * place, 900, place) for place in range(4)]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", "Open usage.html in a browser.")
        archive.writestr("usage.html", "<!DOCTYPE html><title>Usage</title>")
        archive.writestr("usage.xml", feed(point(), reading_type(), meter_reading(), block(intervals)))

    run = bring(FeedFactory(format="espi_xml"), packed.getvalue())

    assert (run.status, counts(run)) == (RunStatus.DONE, (4, 4, 0, 0, 0))
    assert run.skipped_files == ["README.txt", "usage.html"]
