"""The demo's utility is found by its coverage, of which the outline and the map are what they say."""

import pytest

from cdsc_portal.lib.json.geojson import check_geojson
from consent.admin.coverage_files import map_type
from consent.models import CoverageEntry
from demo.utility.coverage import publish_coverage


@pytest.mark.django_db
def test_the_demo_publishes_an_outline_and_a_map_once():
    publish_coverage()
    publish_coverage()

    files = {entry.entry_id: entry.files.get() for entry in CoverageEntry.objects.all()}
    check_geojson(bytes(files["river-valley"].content))
    assert map_type(bytes(files["street-lights"].content)) == files["street-lights"].content_type
    assert len(files) == 2
