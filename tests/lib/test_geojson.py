"""What is published as an area is GeoJSON in WGS 84."""

import json

import pytest

from cdsc_portal.lib.json.geojson import check_geojson

RING = [[0, 0], [10, 0], [10, 5.5, 120], [0, 0]]
GEOMETRIES = [
    {"type": "Point", "coordinates": [-180, 90]},
    {"type": "MultiPoint", "coordinates": [[1, 2], [3, 4]]},
    {"type": "LineString", "coordinates": [[1, 2], [3, 4]]},
    {"type": "MultiLineString", "coordinates": [[[1, 2], [3, 4]]]},
    {"type": "Polygon", "coordinates": [RING]},
    {"type": "MultiPolygon", "coordinates": [[RING], [RING, RING]], "bbox": [0, 0, 10, 5.5]},
    {"type": "Polygon", "coordinates": []},
]
FEATURE = {"type": "Feature", "geometry": GEOMETRIES[4], "properties": None, "id": 1}
GOOD = [
    *GEOMETRIES,
    {"type": "GeometryCollection", "geometries": GEOMETRIES},
    FEATURE,
    {**FEATURE, "geometry": None, "properties": {"name": "x"}},
    {"type": "FeatureCollection", "features": [FEATURE]},
    {"type": "FeatureCollection", "features": []},
]


@pytest.mark.spec("M-22")
@pytest.mark.parametrize("document", GOOD)
def test_what_the_standard_knows_is_taken(document):
    check_geojson(json.dumps(document).encode())


def _nested(depth: int) -> str:
    return '{"type":"GeometryCollection","geometries":[' * depth + "]}" * depth


@pytest.mark.spec("M-22", "M-23")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not JSON"),
        ("[]", "no object"),
        ('{"type": "Point", "coordinates": [1]}', "two or three"),
        ('{"type": "Point", "coordinates": [1, true]}', "finite"),
        ('{"type": "Point", "coordinates": [1, "2"]}', "finite"),
        ('{"type": "Point", "coordinates": [1, 1e999]}', "finite"),
        ('{"type": "Point", "coordinates": [1, NaN]}', "NaN"),
        ('{"type": "Point", "coordinates": [1e400000, 1]}', "finite"),
        (f'{{"type": "Point", "coordinates": [{"9" * 400}, 1]}}', "WGS 84"),
        ('{"type": "Point", "coordinates": [500000, 4649776]}', "WGS 84"),
        ('{"type": "Point", "coordinates": [50, 91]}', "WGS 84"),
        ('{"type": "Point"}', "no list of coordinates"),
        ('{"type": "Circle", "coordinates": [1, 2]}', "no geometry"),
        ('{"type": "Point", "coordinates": [1, 2], "crs": null}', "crs"),
        ('{"type": "Point", "coordinates": [1, 2], "properties": {}}', "properties"),
        ('{"type": "Point", "coordinates": [1, 2], "bbox": [1, 2, 3]}', "bbox"),
        ('{"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 0]]]}', "fewer than 4"),
        ('{"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [2, 0], [0, 1]]]}', "first"),
        ('{"type": "Polygon", "coordinates": [[1, 2]]}', "fewer than 4"),
        ('{"type": "MultiPolygon", "coordinates": [[1]]}', "fewer than 4"),
        ('{"type": "MultiPolygon", "coordinates": [1]}', "something else than a list"),
        ('{"type": "Feature", "geometry": null}', "properties"),
        ('{"type": "Feature", "geometry": [], "properties": null}', "neither"),
        ('{"type": "FeatureCollection"}', "no list features"),
        (
            '{"type": "FeatureCollection", "features": [{"type": "Point", "coordinates": [1, 2]}]}',
            "feature 1",
        ),
        ('{"type": 7}', "no member type"),
        (_nested(5000), "too deep"),
    ],
)
def test_what_it_does_not_know_is_refused_in_words(text, words):
    with pytest.raises(ValueError, match=words):
        check_geojson(text.encode())


def test_text_in_another_encoding_is_refused():
    with pytest.raises(ValueError, match="UTF-8"):
        check_geojson(b'{"type": "\xe9\xe8"}')
