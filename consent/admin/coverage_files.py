"""Maps and outlines that staff upload, known by their content and never by their name."""

from cdsc_portal.lib.json.geojson import check_geojson

LARGEST = 5 * 2**20  # bytes
_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"%PDF-": "application/pdf",
}


def map_type(content: bytes) -> str:
    """The media type of a map. Raises ValueError in words: too large, or none that is published here."""
    _check_size(content)
    for signature, content_type in _SIGNATURES.items():
        if content.startswith(signature):
            return content_type
    raise ValueError("A map is a PNG, JPEG or PDF file; this is none.")


def geojson_type(content: bytes) -> str:
    """The media type of an outline. Raises ValueError in words: too large, or no GeoJSON in WGS 84 (M-22, M-23)."""
    _check_size(content)
    check_geojson(content)
    return "application/geo+json"


def _check_size(content: bytes) -> None:
    if len(content) > LARGEST:
        raise ValueError("The file is larger than 5 MB.")
