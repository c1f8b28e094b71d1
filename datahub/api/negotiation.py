"""Which form an answer takes: the one that `Accept` prefers (RFC 9110 12.5.1)."""

from collections.abc import Iterable

from django.http.request import MediaType
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

_RANGES_READ = 64  # of an Accept header; nobody means more


class AcceptNegotiation(DefaultContentNegotiation):
    """REST framework's own reads no q-values: `text/csv;q=0.1, application/json` would get CSV."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The acceptable renderer of the highest q; among equals the one that a narrower range names, then the first.

        The narrowest range that covers a form says its q, and 0 refuses it. Raises NotAcceptable (406).
        """
        accepted = request.headers.get("Accept") or "*/*"
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
        wanted = [each for each in ranked if each[0] > 0]
        if not wanted:
            raise NotAcceptable
        *_rank, best = max(wanted, key=lambda each: each[:2])
        return best, best.media_type
