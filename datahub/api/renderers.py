"""The forms of an answer; views hand in what is ready to be written."""

from collections.abc import Mapping

from rest_framework.renderers import BaseRenderer

from cdsc_portal.lib.json.encoder import dumps


class JSONRenderer(BaseRenderer):
    """Plain values to JSON bytes; decimals exact, instants in UTC."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: object,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, object] | None = None,
    ) -> bytes:
        return dumps(data)


class CSVRenderer(JSONRenderer):
    """CSV, which a resource writes itself; what is refused before is JSON."""

    media_type = "text/csv"
    format = "csv"


class AtomRenderer(JSONRenderer):
    """Green Button, which is streamed; what is refused before it begins is JSON."""

    media_type = "application/atom+xml"
    format = "xml"


class AnyRenderer(JSONRenderer):
    """For what has a type of its own, a document: any `Accept` will do."""

    media_type = "*/*"
    format = "document"
