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


class AnyRenderer(JSONRenderer):
    """For what has a type of its own, a document: any `Accept` will do."""

    media_type = "*/*"
    format = "document"


def renderer_of(form: str, media_type: str) -> type[JSONRenderer]:
    """For what a view writes itself in this form; what is refused before is JSON."""
    return type(f"{form.title()}Renderer", (JSONRenderer,), {"media_type": media_type, "format": form})
