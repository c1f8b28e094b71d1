"""GET /cds/coverage and the files of its entries (CDS-WG1-01 4 and 5)."""

from django.http import HttpRequest, HttpResponse

from cdsc_portal.lib.json.encoder import instant
from consent.api.cds import endpoints
from consent.api.cds.documents import json_document, tag_of, tagged
from consent.api.cds.listing import ParameterRefused, listed_words, newest_first
from consent.api.cds.problems import cds_problem
from consent.api.cds.public import public_document
from consent.api.cds.shapes import CoverageObject
from consent.models import CoverageEntry, CoverageFileKind
from consent.queries.server_description import coverage_file, listed_coverage

_FILTERS = ("ids",)


@public_document
def coverage_listing(request: HttpRequest) -> HttpResponse:
    """Published entries, newest first (M-13 to M-16). Two queries beside the count."""
    try:
        entries = listed_coverage(ids=listed_words(request.GET, "ids"))
        page = newest_first(
            entries, request.GET, by="updated", url=endpoints.COVERAGE.url(), filters=_FILTERS
        )
    except ParameterRefused as refused:
        return cds_problem(400, "invalid_request", str(refused))
    return json_document(
        {
            "coverage_entries": [coverage_entry(entry) for entry in page.items],
            "next": page.next,
            "previous": page.previous,
        }
    )


def coverage_entry(entry: CoverageEntry) -> CoverageObject:
    """The members of one entry (M-17); its files must be fetched."""
    members: CoverageObject = {
        "id": entry.entry_id,
        "created": instant(entry.created),
        "updated": instant(entry.updated),
        "entity_name": entry.entity_name,
        "entity_abbreviation": entry.entity_abbreviation or None,
        "country": entry.country,
        "name": entry.name,
        "type": entry.type,
        "role": entry.role,
        "infrastructure_types": entry.infrastructure_types,
        "commodity_types": entry.commodity_types,
        "capabilities": entry.capabilities,
    }
    if entry.description:
        members["description"] = entry.description
    files = {file.kind: file for file in entry.files.all()}
    if CoverageFileKind.MAP in files:
        members["map_resource"] = endpoints.COVERAGE_MAP.url(entry_id=entry.entry_id)
        members["map_content_type"] = files[CoverageFileKind.MAP].content_type
    if CoverageFileKind.GEOJSON in files:
        members["geojson_resource"] = endpoints.COVERAGE_GEOJSON.url(entry_id=entry.entry_id)
    return members


@public_document
def coverage_map(request: HttpRequest, entry_id: str) -> HttpResponse:
    """The map of a published entry (M-21, M-38)."""
    return _file(entry_id, CoverageFileKind.MAP)


@public_document
def coverage_geojson(request: HttpRequest, entry_id: str) -> HttpResponse:
    """The outline of a published entry, in WGS 84 (M-22, M-38)."""
    return _file(entry_id, CoverageFileKind.GEOJSON)


def _file(entry_id: str, kind: CoverageFileKind) -> HttpResponse:
    file = coverage_file(entry_id=entry_id, kind=kind)
    if file is None:
        return cds_problem(404, "not_found", "There is nothing at this address.")
    content = bytes(file.content)
    return tagged(content, content_type=file.content_type, etag=tag_of(content))
