"""What pages of other origins may call (CORS, Fetch standard section 3.2): what a browser app without a secret needs.

Any origin may, since nothing here is opened by what a browser sends by itself: a token or a code stands in the call, so
a page can do no more than any program that holds them. Credentials mode is never allowed, and calls with a client's
secret get no permission: a secret that a page holds is everybody's.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

EXPOSED = (
    "Accept-Ranges", "Allow", "CDSC-Notices", "CDSC-Services", "CDSC-Time-Zone", "CDSC-Window", "Content-Disposition",
    "Content-Range", "ETag", "Link", "RateLimit", "RateLimit-Policy", "Retry-After",
    "WWW-Authenticate", "X-Request-Reference",
)  # fmt: skip
_KEPT_SECONDS = 7200  # of a preflight's answer; the most that browsers take

View = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class CrossOrigin:
    """What a view takes from a page of another origin; `headers` beside those that need no permission."""

    methods: tuple[str, ...]
    headers: tuple[str, ...] = ()

    @property
    def allow(self) -> str:
        return ", ".join((*self.methods, "OPTIONS"))


def cross_origin(rule: CrossOrigin) -> Callable[[View], View]:
    """Open a view that is a function; one that is a class says `cross_origin = rule`."""

    def decorate(view: View) -> View:
        view.cross_origin = rule  # type: ignore[attr-defined]  # read by the middleware
        return view

    return decorate


def keep_from_pages(request: HttpRequest) -> None:
    """Let no page of another origin read the answer to this call."""
    request.cross_origin = None  # type: ignore[attr-defined]


class CrossOriginMiddleware:
    """Answers OPTIONS of open views, preflights among them, and permits pages to read their answers, errors too.

    OPTIONS needs no token: its answer is the same for everybody.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        rule: CrossOrigin | None = getattr(request, "cross_origin", None)
        if rule is None:
            return response
        response["Access-Control-Allow-Origin"] = "*"
        if request.method == "OPTIONS":
            response["Access-Control-Allow-Methods"] = rule.allow
            response["Access-Control-Allow-Headers"] = ", ".join(rule.headers)
            response["Access-Control-Max-Age"] = str(_KEPT_SECONDS)
        else:
            response["Access-Control-Expose-Headers"] = ", ".join(EXPOSED)
        return response

    def process_view(
        self, request: HttpRequest, view: View, args: object, kwargs: object
    ) -> HttpResponse | None:
        rule: CrossOrigin | None = getattr(getattr(view, "cls", view), "cross_origin", None)
        request.cross_origin = rule  # type: ignore[attr-defined]
        if rule and request.method == "OPTIONS":
            return HttpResponse(status=204, headers={"Allow": rule.allow})
        return None
