"""The API's addresses, by who may call them."""

from django.urls import URLPattern, path

from datahub.api.founding.statement_file import BillStatementFile
from datahub.api.founding.usage_file import UsageFileView
from datahub.api.founding.views import view_of
from datahub.api.open_mix import OpenGeneration, OpenResidual
from datahub.api.uploads import FeedFileRun, FeedFiles
from datahub.resources.base import Resource
from datahub.resources.registry import RESOURCES


def resource_path(resource: Resource) -> URLPattern:
    """The address of a resource is its name."""
    return path(resource.name, view_of(resource).as_view(), name=resource.name)


# with a token of a grant
GATED: list[URLPattern] = [
    *map(resource_path, RESOURCES.values()),
    path("usage_data/file", UsageFileView.as_view(), name="usage_file"),
    path("bill_statements/<str:statement_id>/file", BillStatementFile.as_view(), name="bill_statement_file"),
]
# with the id and secret of a client, where MIX_OPEN_TO_CLIENTS is on
OPEN_SERIES: list[URLPattern] = [
    path("grid/generation_breakdown", OpenGeneration.as_view(), name="open_generation_breakdown"),
    path("grid/residual_mix", OpenResidual.as_view(), name="open_residual_mix"),
]
# with a token of staff
FEEDS: list[URLPattern] = [
    path("api/feeds/<str:feed_id>/files", FeedFiles.as_view(), name="feed_files"),
    path("api/feeds/<str:feed_id>/files/<str:run_id>", FeedFileRun.as_view(), name="feed_file_run"),
]
