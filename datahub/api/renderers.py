"""The forms of an answer, and which of them it takes: the one that `Accept` prefers (RFC 9110 12.5.1)."""

from collections.abc import Iterable, Mapping

from django.http.request import MediaType
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from cdsc_portal.lib.json.encoder import dumps

_RANGES_READ = 64  # of an Accept header; nobody means more


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


class AcceptNegotiation(DefaultContentNegotiation):
    """REST framework's own reads no q-values: `text/csv;q=0.1, application/json` would get CSV."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The acceptable renderer of the highest q; among equals the one that a narrower range names, then the first.

        The narrowest range that covers a form says its q, and 0 refuses it. Raises NotAcceptable (406).
        """
        accepted = request.headers.get("Accept") or "*/*"
        if accepted == "*/*":
            first = next(iter(renderers))
            return first, first.media_type
        ranges = accepted.split(",")[:_RANGES_READ]
        ranked = []
        for renderer in renderers:
            if renderer.media_type == "*/*":
                return renderer, renderer.media_type
            form = MediaType(renderer.media_type)
            covering = [MediaType(each) for each in ranges if form.match(each)]
            if covering:
                narrowest = max(covering, key=lambda each: (each.specificity, each.quality))
                ranked.append((narrowest.quality, narrowest.specificity, renderer))
        acceptable = [each for each in ranked if each[0] > 0]
        if not acceptable:
            raise NotAcceptable
        *_rank, best = max(acceptable, key=lambda each: each[:2])
        return best, best.media_type
