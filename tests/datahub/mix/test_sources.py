"""Which source a name or code of a feed means."""

import pytest

from datahub.mix.arithmetic.sources import WIDER, by_source, source_of


@pytest.mark.parametrize(
    ("feed_name", "source"),
    [
        ("B01", "biomass"),
        ("B02", "lignite"),
        ("B10", "hydro_pumped_storage"),
        ("B14", "nuclear"),
        ("B16", "solar"),
        ("B18", "wind_offshore"),
        ("B19", "wind_onshore"),
        ("B20", "other"),
        ("F01050100", "wind"),
        ("F01040100", "solar"),
        ("F01050200", "hydro"),
        ("F01030000", "biomass"),
        ("F02030100", "gas"),
        ("F03010000", "nuclear"),
        ("F01000000", "other_renewable"),
        ("WAT", "hydro"),
        ("Natural Gas", "gas"),
        (" landfill-gas ", "biomass"),
    ],
)
def test_codes_of_the_field_mean_one_of_our_sources(feed_name, source):
    assert source_of(feed_name) == source


@pytest.mark.parametrize("feed_name", ["", "B99", "F09010000", "F0105", "fusion", "unknown"])
def test_what_no_list_has_is_unknown(feed_name):
    assert source_of(feed_name) == "unknown"


def test_every_source_has_a_wider_one_that_is_its_own():
    assert all(WIDER[wider] == wider for wider in WIDER.values())


def test_amounts_of_two_names_of_one_source_are_added_up():
    assert by_source({"SUN": 2, "B16": 3, "fusion": 5, "plasma": 7}) == {"solar": 5, "unknown": 12}
