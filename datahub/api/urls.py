"""The API's addresses, by who may call them."""

from typing import Any

from django.urls import URLPattern, path
from drf_spectacular.utils import extend_schema_view
from rest_framework.views import APIView

from datahub.api.founding.files import DocumentView, StreamView
from datahub.api.founding.open_series import OpenSeriesView
from datahub.api.founding.operations import (
    document_operation,
    listing_operation,
    open_operation,
    stream_operation,
)
from datahub.api.founding.views import FoundingView
from datahub.api.renderers import AnyRenderer, CSVRenderer, JSONRenderer, renderer_of
from datahub.api.uploads import FeedFileRun, FeedFiles
from datahub.resources.base import Resource
from datahub.resources.registry import RESOURCES


def gated_paths(resource: Resource) -> list[URLPattern]:
    """The addresses of a resource for tokens of grants: its name, and those of its files below it."""
    listing = _view(
        FoundingView,
        listing_operation(resource),
        summary=resource.summary,
        declared=resource,
        resource=resource.opened_as,
        renderer_classes=[JSONRenderer, CSVRenderer] if resource.csv else [JSONRenderer],
    )
    paths = [path(resource.name, listing, name=resource.name)]
    if (stream := resource.stream) is not None:
        view = _view(
            StreamView,
            stream_operation(resource, stream),
            summary=stream.summary,
            file=stream,
            resource=resource.opened_as,
            renderer_classes=[renderer_of(name, form.media_type) for name, form in stream.forms.items()],
        )
        paths.append(path(f"{resource.name}/file", view, name=stream.name))
    if (document := resource.document) is not None:
        view = _view(
            DocumentView,
            document_operation(resource, document),
            summary=document.summary,
            file=document,
            resource=resource.opened_as,
            renderer_classes=[AnyRenderer],
        )
        paths.append(path(f"{resource.name}/<str:{document.key}>/file", view, name=document.name))
    return paths


def open_paths(resource: Resource) -> list[URLPattern]:
    """The address of a resource for registered clients, if it has one."""
    if (series := resource.open_series) is None:
        return []
    view = _view(
        OpenSeriesView,
        open_operation(resource, series),
        summary=series.summary,
        declared=resource,
        series=series,
        renderer_classes=[JSONRenderer],
    )
    return [path(f"grid/{resource.name}", view, name=f"grid_{resource.name}")]


def _view(base: type[APIView], operation: Any, *, summary: str, **members: object) -> Any:
    """A view of its own, as the OpenAPI document takes it: with its operation and, as its docstring, what it gives."""
    view: type[APIView] = type(base.__name__, (base,), {**members, "__doc__": summary})
    return extend_schema_view(get=operation)(view).as_view()


# with a token of a grant
GATED: list[URLPattern] = [pattern for resource in RESOURCES.values() for pattern in gated_paths(resource)]
# with the id and secret of a client, where MIX_OPEN_TO_CLIENTS is on
OPEN_SERIES: list[URLPattern] = [
    pattern for resource in RESOURCES.values() for pattern in open_paths(resource)
]
# with a token of staff
FEEDS: list[URLPattern] = [
    path("api/feeds/<str:feed_id>/files", FeedFiles.as_view(), name="feed_files"),
    path("api/feeds/<str:feed_id>/files/<str:run_id>", FeedFileRun.as_view(), name="feed_file_run"),
]
