"""Feed files sent by programs with a token of staff, which opens no customer's data.

The body of a call becomes a run of the feed, and the run says how it goes.
"""

from datetime import datetime
from typing import Any, BinaryIO, cast
from urllib.parse import unquote

from django.conf import settings
from django.http import HttpResponse, UnreadablePostError
from django.urls import reverse
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import User
from cdsc_portal.lib.http.call_limits import seconds_until_allowed
from cdsc_portal.lib.http.problems import MEDIA_TYPE, Problem
from cdsc_portal.lib.json.encoder import dumps
from cdsc_portal.lib.time import clock
from consent.api.gated import bearer_token
from consent.api.problems import Refusal, bad_parameter, invalid_token, not_found
from datahub.api.founding.operations import HEADERS, headers
from datahub.api.founding.shapes import ProblemShape
from datahub.feeds.runs.life_cycle import start_run
from datahub.feeds.sources.staff_tokens import used_staff_token
from datahub.models import Feed, FeedRun, RunStatus, StaffToken
from datahub.resources.fields import Instant, Shape, Text

_SHOWN = 10  # rejected rows
_LENGTH_DIGITS = 18  # more are no length of anything, and too many for int()


class RejectedRowShape(Shape):
    """Line and reason; what stood there is for admin."""

    line = serializers.IntegerField(help_text="In the file; the first is 1.")
    reason = Text(help_text="What is wrong with it.")


class FeedRunShape(Shape):
    """A file on its way in. Rows read = accepted + unchanged + rejected + parked."""

    id = Text(source="public_id", help_text="Stays the same for the run.")
    link = serializers.SerializerMethodField(help_text="Where the run tells how it goes.")
    status = serializers.ChoiceField(RunStatus.choices, help_text="How far the run is.")
    file_name = Text(help_text="As it was sent.")
    size = serializers.IntegerField(help_text="bytes")
    sha256 = Text(help_text="Of the file, in hexadecimal.")
    created = Instant(help_text="When the file was stored.")
    version_at = Instant(help_text="The file's own time; newer wins.")
    percent_done = serializers.SerializerMethodField(help_text="Of the file, 0 to 100.")
    rows_read = serializers.IntegerField(help_text="accepted + unchanged + rejected + parked.")
    accepted = serializers.IntegerField(help_text="New, or other than what was stored.")
    unchanged = serializers.IntegerField(help_text="As stored already.")
    rejected = serializers.IntegerField(help_text="Each with its line and reason.")
    parked = serializers.IntegerField(help_text="of meters nobody knows yet")
    problem = serializers.CharField(help_text="Empty: none.")
    first_rejected = RejectedRowShape(many=True, help_text=f"At most {_SHOWN}.")

    def get_link(self, run: FeedRun) -> str:
        return reverse("feed_file_run", args=[run.feed.public_id, run.public_id])

    def get_percent_done(self, run: FeedRun) -> int:
        return int(run.share_done * 100)


class StaffTokenAuthentication(BaseAuthentication):
    """RFC 6750, header only. No session counts here, so no page of another site can make a browser call."""

    def authenticate(self, request: Request) -> tuple[User, StaffToken]:
        """`request.auth` becomes the token. Raises Refusal."""
        token = used_staff_token(bearer_token(request), at=clock.now())
        if token is None:
            raise invalid_token()
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class StaffTokenScheme(OpenApiAuthenticationExtension):
    """How a program proves whose it is."""

    target_class = "datahub.api.uploads.StaffTokenAuthentication"
    name = "staff_token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token that staff who may run feeds made in admin.",
        }


class StaffTokenView(APIView):
    """Takes staff tokens only, each FEED_CALLS_PER_MINUTE times a minute."""

    authentication_classes = [StaffTokenAuthentication]

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        super().initial(request, *args, **kwargs)
        token = cast(StaffToken, request.auth)
        limit = settings.FEED_CALLS_PER_MINUTE
        wait = seconds_until_allowed(f"staff token {token.pk}", limit=limit, at=clock.now())
        if wait:
            raise Refusal(
                Problem(
                    429,
                    "too_many_calls",
                    f"A token may call {limit} times a minute.",
                    headers={"Retry-After": str(wait)},
                )
            )


def _problems(**descriptions: str) -> dict[Any, Any]:
    common = {
        "401": "No token, or one that opens nothing (any more).",
        "404": "There is no such feed or run.",
        "406": "Only JSON.",
        "429": "More calls than FEED_CALLS_PER_MINUTE; try again after the time in Retry-After.",
        "500": "Our fault; quote the reference.",
        "503": "Try again after the time in Retry-After.",
    }
    named = common | {status.removeprefix("_"): words for status, words in descriptions.items()}
    return {
        (int(status), MEDIA_TYPE): OpenApiResponse(ProblemShape, description=words)
        for status, words in sorted(named.items())
    }


_FEED = OpenApiParameter(
    "feed_id", str, OpenApiParameter.PATH, description="Public id of a feed, from admin."
)
_RUN = OpenApiParameter("run_id", str, OpenApiParameter.PATH, description="`id` of a run of the feed.")


@extend_schema_view(
    post=extend_schema(
        operation_id="send_feed_file",
        summary="Send a file to a feed.",
        description="The body is the file. The answer comes when it is stored; a worker loads it then. Sent again, "
        "the same file changes nothing.",
        tags=["feeds"],
        parameters=[
            _FEED,
            *HEADERS,
            *headers(Location=("Where the run tells how it goes.", [202])),
            OpenApiParameter(
                "X-File-Name", str, OpenApiParameter.HEADER, description="Its name, percent-encoded UTF-8."
            ),
            OpenApiParameter(
                "X-Version-At",
                str,  # no date-time: makers of clients know none in headers
                OpenApiParameter.HEADER,
                description="The file's own time, a date-time with UTC offset; newer wins. Now, if it is left out.",
            ),
        ],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={
            (200, "application/json"): OpenApiResponse(
                FeedRunShape, description="This file is known already."
            ),
            (202, "application/json"): OpenApiResponse(FeedRunShape, description="Stored, to be loaded."),
        }
        | _problems(
            _400="A header is wrong, or the body is empty or ended early.",
            _411="A Content-Length is needed.",
            _413="Larger than FEED_FILE_MEGABYTES.",
            _415="The body is a form, or compressed in transit.",
        ),
    )
)
class FeedFiles(StaffTokenView):
    """POST takes a file."""

    def post(self, request: Request, feed_id: str) -> HttpResponse:
        feed = None if "\0" in feed_id else Feed.objects.filter(public_id=feed_id).first()
        if feed is None:
            raise not_found()
        size = _announced_size(request)
        at = clock.now()
        # the last part of a path, without what cannot be shown
        path = unquote(request.headers.get("X-File-Name", "")).replace("\\", "/")
        name = "".join(each for each in path.rpartition("/")[2] if each.isprintable())[-255:] or "file"
        run = start_run(
            feed=feed,
            file=cast(BinaryIO, _Body(request.stream, size)),
            name=name,
            by=cast(User, request.user),
            at=at,
            version_at=_version(request, at),
        )
        return _answer(run, status=200 if run.status == RunStatus.DONE else 202)


@extend_schema_view(
    get=extend_schema(
        operation_id="feed_file_run",
        summary="How the run of a file goes.",
        tags=["feeds"],
        parameters=[_FEED, _RUN, *HEADERS],
        responses={
            (200, "application/json"): OpenApiResponse(FeedRunShape, description="The run as it is now.")
        }
        | _problems(_400="The token stands in the address."),
    )
)
class FeedFileRun(StaffTokenView):
    """GET tells how it goes."""

    def get(self, request: Request, feed_id: str, run_id: str) -> HttpResponse:
        runs = FeedRun.objects.filter(feed__public_id=feed_id, public_id=run_id).select_related("feed")
        run = None if "\0" in feed_id + run_id else runs.first()  # the database holds none
        if run is None:
            raise not_found()
        return _answer(run, status=200)


def _answer(run: FeedRun, *, status: int) -> HttpResponse:
    run.first_rejected = list(run.rejected_rows.order_by("line", "pk")[:_SHOWN])  # type: ignore[attr-defined]
    members = FeedRunShape(run).data
    headers = {"Location": members["link"]} if status == 202 else {}
    return HttpResponse(
        dumps(members),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store", **headers},
    )


def _announced_size(request: Request) -> int:
    """Bytes of the body. Raises Refusal: not announced, empty, too large, compressed, or a form."""
    is_form = (request.content_type or "").startswith("multipart/")
    if is_form or request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refusal(
            Problem(415, "not_the_file", "The body is the file as it is: no form, no encoding of its own.")
        )
    announced = request.headers.get("Content-Length", "")
    if not (announced.isascii() and announced.isdigit()):
        raise Refusal(Problem(411, "length_required", "Send a Content-Length."))
    if len(announced) > _LENGTH_DIGITS or int(announced) > settings.FEED_FILE_MEGABYTES << 20:
        raise Refusal(
            Problem(
                413, "too_large", f"A file may have {settings.FEED_FILE_MEGABYTES} MB (FEED_FILE_MEGABYTES)."
            )
        )
    if int(announced) == 0:
        raise Refusal(Problem(400, "empty_file", "The body is the file; it is empty."))
    return int(announced)


class _Body:
    """The body of a call; one that ends early is no file."""

    def __init__(self, stream: Any, size: int) -> None:
        self.stream, self.left = stream, size

    def read(self, size: int = -1) -> bytes:
        try:
            piece: bytes = self.stream.read(size) if self.left else b""
        except UnreadablePostError:
            piece = b""
        self.left -= len(piece)
        if not piece and self.left:
            raise Refusal(Problem(400, "body_ended_early", f"{self.left} bytes of the body never came."))
        return piece


def _version(request: Request, at: datetime) -> datetime | None:
    """Raises Refusal: no date-time with an offset, or one to come, which would win for ever."""
    text = request.headers.get("X-Version-At", "")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise bad_parameter("X-Version-At", "it is no date-time such as 2026-03-01T06:00:00Z") from None
    if moment.tzinfo is None:
        raise bad_parameter("X-Version-At", "it needs a UTC offset")
    if moment > at:
        raise bad_parameter("X-Version-At", "it lies in the future")
    return moment
