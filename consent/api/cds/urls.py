from django.urls import URLPattern, path

from consent.api.cds import coverage, endpoints
from consent.api.cds.server_metadata import server_metadata_document

_VIEWS = {
    endpoints.SERVER_METADATA: server_metadata_document,
    endpoints.COVERAGE: coverage.coverage_listing,
    endpoints.COVERAGE_MAP: coverage.coverage_map,
    endpoints.COVERAGE_GEOJSON: coverage.coverage_geojson,
}

urlpatterns: list[URLPattern] = [
    path(endpoint.route, view, name=endpoint.name) for endpoint, view in _VIEWS.items()
]
