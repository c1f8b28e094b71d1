"""Traces to an OpenTelemetry collector and errors to Sentry, each by a setting; without one nothing of it is imported.

What leaves is made here from names of ours: routes, tasks, statuses, public ids, types of exceptions and the places
they passed. No instrumentation of libraries is used, since those send addresses, statements and values of variables.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

from celery import signals
from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse
from structlog.contextvars import get_contextvars

from cdsc_portal.lib.http.callers_names import METHODS, callers_names

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span
    from sentry_sdk.types import Event, Hint

    from cdsc_portal.env import Environment

_NAME = "cdsc-portal"
_PATH = "/v1/traces"  # of a collector's OTLP over HTTP
_KEPT = ("event_id", "timestamp", "platform", "level", "release", "environment", "tags")


def start(environment: "Environment", *, release: str) -> None:
    """Called once a process, when its settings are read."""
    if environment.traces_url:
        _start_traces(environment.traces_url, environment.traces_percent, release)
    if environment.sentry_dsn:
        _start_sentry(environment.sentry_dsn, release)


def _start_traces(url: str, percent: int, release: str) -> None:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    provider = TracerProvider(
        resource=Resource({"service.name": _NAME, "service.version": release}),
        sampler=ParentBased(TraceIdRatioBased(percent / 100)),
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{url.rstrip('/')}{_PATH}")))
    _Traces.provider = provider
    signals.task_prerun.connect(_begin_task, weak=False, dispatch_uid="trace a task")
    signals.task_postrun.connect(_end_task, weak=False, dispatch_uid="trace a task")


class _Traces:
    """The one of this process."""

    provider: "TracerProvider | None" = None
    tasks: dict[str, "Span"] = {}


class TracingMiddleware:
    """A span for each request: route, method, status, reference and public ids. Only there with `TRACES_URL`.

    A caller's `traceparent` is its parent, and decides whether it is recorded, as a collector wants it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with _request_span(callers_names(request).get("traceparent", "")) as span:
            response = self.get_response(request)
            match, access = request.resolver_match, getattr(request, "auth", None)
            route = match.route if match else "none"
            span.update_name(route)
            span.set_attribute("http.route", route)
            span.set_attribute(
                "http.request.method", request.method if request.method in METHODS else "other"
            )
            span.set_attribute("http.response.status_code", response.status_code)
            span.set_attribute("reference", getattr(request, "reference", ""))
            for name in ("client", "grant"):
                if public_id := getattr(access, f"{name}_public_id", None):
                    span.set_attribute(name, public_id)
        return response


@contextmanager
def _request_span(traceparent: str) -> Iterator["Span"]:
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    assert _Traces.provider is not None  # the middleware is there only with a collector
    parent = TraceContextTextMapPropagator().extract({"traceparent": traceparent})
    tracer = _Traces.provider.get_tracer(_NAME)
    span = tracer.start_span("request", context=parent, kind=SpanKind.SERVER)
    try:
        yield span
    finally:
        span.end()


def _begin_task(task_id: str, task: Any, **_signal: object) -> None:
    if _Traces.provider is not None:
        _Traces.tasks[task_id] = _Traces.provider.get_tracer(_NAME).start_span(task.name)


def _end_task(task_id: str, state: str | None = None, **_signal: object) -> None:
    if span := _Traces.tasks.pop(task_id, None):
        span.set_attribute("state", state or "")
        span.end()


def _start_sentry(dsn: str, release: str) -> None:
    import sentry_sdk

    sentry_sdk.init(
        dsn,
        release=release,
        default_integrations=False,
        auto_enabling_integrations=False,
        include_local_variables=False,
        include_source_context=False,
        max_breadcrumbs=0,
        max_request_body_size="never",
        server_name="",
        send_client_reports=False,
        auto_session_tracking=False,
        before_send=scrubbed,
    )

    def report(error: BaseException | None, **tags: str) -> None:
        with sentry_sdk.new_scope() as scope:
            for name, value in (get_contextvars() | tags).items():
                if name in ("reference", "route", "task"):
                    scope.set_tag(name, value)
            scope.capture_exception(error)

    def of_request(request: HttpRequest | None = None, **_signal: object) -> None:
        match = request.resolver_match if request else None
        reference = getattr(request, "reference", "")
        report(None, route=match.route if match else "none", reference=reference)

    def of_task(sender: Any = None, exception: BaseException | None = None, **_signal: object) -> None:
        report(exception, task=sender.name)

    got_request_exception.connect(of_request, weak=False, dispatch_uid="report to Sentry")
    signals.task_failure.connect(of_task, weak=False, dispatch_uid="report to Sentry")


def scrubbed(event: "Event", hint: "Hint") -> "Event":
    """A new event of what may leave: types and places of exceptions, and tags of ours. All else is left behind."""
    chain: list[dict[str, Any]] = []
    info: tuple[Any, BaseException | None, TracebackType | None] = hint.get("exc_info", (None, None, None))
    error = info[1]
    while error is not None and len(chain) < 5:
        chain.insert(
            0,
            {
                "type": type(error).__name__,
                "module": type(error).__module__,
                "stacktrace": {"frames": list(_frames(error.__traceback__))},
            },
        )
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    all_of_it: Any = event
    made: Event = cast(Any, {name: all_of_it[name] for name in _KEPT if name in all_of_it})
    made["exception"] = {"values": chain}
    return made


def _frames(traceback: TracebackType | None) -> Iterator[dict[str, Any]]:
    while traceback is not None:
        code, module = traceback.tb_frame.f_code, traceback.tb_frame.f_globals.get("__name__", "?")
        yield {
            "module": module,
            "function": code.co_name,
            "filename": os.path.basename(code.co_filename),
            "lineno": traceback.tb_lineno,
        }
        traceback = traceback.tb_next


def flush() -> None:
    """Send what waits; both do so by themselves a moment later."""
    if _Traces.provider is not None:
        _Traces.provider.force_flush()
