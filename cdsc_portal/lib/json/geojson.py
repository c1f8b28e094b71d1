"""Whether a document is GeoJSON (RFC 7946) in the coordinates of WGS 84."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cdsc_portal.lib.json.reader import read_json

_LONGITUDE, _LATITUDE = 180, 90
# members that mean something in another type only (RFC 7946 section 7.1)
_FOREIGN = {
    "Feature": ("coordinates", "geometries", "features"),
    "FeatureCollection": ("coordinates", "geometries", "geometry", "properties"),
}
_OF_GEOMETRY = ("geometry", "properties", "features")


def check_geojson(content: bytes) -> None:
    """Raises ValueError that says in words what is wrong, and where.

    `crs` is refused wherever it stands: it is of GeoJSON before RFC 7946 and would mean other coordinates (M-23).
    """
    try:
        document = read_json(content)
    except UnicodeDecodeError as error:
        raise ValueError("The file is not UTF-8.") from error
    except ValueError as error:
        raise ValueError(f"The file is not JSON: {error}.") from error
    _check_object(document, "the document")


def _check_object(value: Any, place: str) -> None:  # noqa: ANN401 - JSON
    kind = _kind(value, place)
    if kind == "FeatureCollection":
        for number, feature in enumerate(_list(value, "features", place)):
            inner = f"feature {number + 1}"
            if _kind(feature, inner) != "Feature":
                raise ValueError(f"{inner} is a {feature['type']}, not a Feature.")
            _check_feature(feature, inner)
    elif kind == "Feature":
        _check_feature(value, place)
    else:
        _check_geometry(value, place)


def _check_feature(feature: Any, place: str) -> None:  # noqa: ANN401 - JSON
    for member in ("geometry", "properties"):
        if member not in feature:
            raise ValueError(f"{place} has no member {member}.")
        if feature[member] is not None and not isinstance(feature[member], dict):
            raise ValueError(f"{member} of {place} is neither an object nor null.")
    if feature["geometry"] is not None:
        _check_geometry(feature["geometry"], f"the geometry of {place}")


def _check_geometry(geometry: Any, place: str) -> None:  # noqa: ANN401 - JSON
    kind = _kind(geometry, place)
    if kind == "GeometryCollection":
        for number, inner in enumerate(_list(geometry, "geometries", place)):
            _check_geometry(inner, f"geometry {number + 1} of {place}")
        return
    if kind not in _COORDINATES:
        raise ValueError(f"{place} has the type {kind}, which is no geometry of RFC 7946.")
    if not isinstance(geometry.get("coordinates"), list):
        raise ValueError(f"{place} has no list of coordinates.")
    if geometry["coordinates"]:  # an empty list is a geometry without a place
        _COORDINATES[kind](geometry["coordinates"], place)


def _kind(value: Any, place: str) -> str:  # noqa: ANN401 - JSON
    """The member `type`, with what no GeoJSON object may have refused."""
    if not isinstance(value, dict):
        raise ValueError(f"{place} is no object.")
    if "crs" in value:
        raise ValueError(
            f"{place} has the member crs; only the coordinates of WGS 84 can be published, without it."
        )
    kind = value.get("type")
    if not isinstance(kind, str):
        raise ValueError(f"{place} has no member type.")
    for member in _FOREIGN.get(kind, _OF_GEOMETRY):
        if member in value:
            raise ValueError(f"{place} is a {kind} and may not have the member {member}.")
    if "bbox" in value:
        _check_box(value["bbox"], place)
    return kind


def _check_box(box: object, place: str) -> None:
    if not isinstance(box, list) or len(box) not in (4, 6) or not all(_is_number(number) for number in box):
        raise ValueError(f"bbox of {place} is no list of 4 or 6 numbers.")
    half = len(box) // 2
    for corner in (box[:half], box[half:]):
        _check_position(corner, f"bbox of {place}")


def _list(value: Mapping[str, Any], member: str, place: str) -> list[Any]:
    if not isinstance(value.get(member), list):
        raise ValueError(f"{place} has no list {member}.")
    items: list[Any] = value[member]
    return items


def _check_position(position: object, place: str) -> None:
    if not isinstance(position, list) or len(position) not in (2, 3):
        raise ValueError(f"{place} has a position that is no list of two or three numbers.")
    if not all(_is_number(number) for number in position):
        raise ValueError(f"{place} has a position with something else than finite numbers.")
    longitude, latitude = position[:2]
    if abs(longitude) > _LONGITUDE or abs(latitude) > _LATITUDE:
        raise ValueError(
            f"{place} has the position {longitude}, {latitude}; WGS 84 has longitudes from -180 to 180, then latitudes "
            "from -90 to 90."
        )


def _is_number(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and value not in (float("inf"), float("-inf"))


def _check_line(line: object, place: str, *, fewest: int = 2) -> None:
    if not isinstance(line, list) or len(line) < fewest:
        raise ValueError(f"{place} has a line of fewer than {fewest} positions.")
    for position in line:
        _check_position(position, place)


def _check_ring(ring: object, place: str) -> None:
    _check_line(ring, place, fewest=4)
    if isinstance(ring, list) and ring[0] != ring[-1]:
        raise ValueError(f"{place} has a ring whose last position is not its first.")


def _each(check: Callable[[Any, str], None]) -> Callable[[Any, str], None]:
    def check_all(values: Sequence[object], place: str) -> None:
        if not isinstance(values, list):
            raise ValueError(f"{place} has something else than a list among its coordinates.")
        for value in values:
            check(value, place)

    return check_all


_COORDINATES: Mapping[str, Callable[[Any, str], None]] = {
    "Point": _check_position,
    "MultiPoint": _each(_check_position),
    "LineString": _check_line,
    "MultiLineString": _each(_check_line),
    "Polygon": _each(_check_ring),
    "MultiPolygon": _each(_each(_check_ring)),
}
