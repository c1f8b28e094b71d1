"""What every answer has beside its data, as it is written; the OpenAPI document is made from the same declarations."""

from typing import Any

from rest_framework import serializers

from datahub.resources.fields import Instant, MaybeText, ReadOnlyField, Shape, Text


class WindowShape(Shape):
    start = Instant(allow_null=True, help_text="Included; null = unbounded.")
    end = Instant(allow_null=True, help_text="Excluded; null = unbounded.")


class ServiceShape(Shape):
    contract_number = Text(help_text="The service, as `services` names it.")
    service_type = MaybeText(help_text="electricity, natural_gas or water; null where it is not shared.")
    status = serializers.ChoiceField(
        ("available", "none", "not_loaded", "not_shared"),
        help_text="available: the window holds data; none: data are loaded, and none of them lie in it; "
        "not_loaded: try again later; not_shared: not part of the grant, or no service at all.",
    )
    windows = WindowShape(many=True, help_text="For which the answer speaks of this service.")
    verified = Instant(
        allow_null=True, help_text="When the utility's systems last confirmed it; not after the window."
    )
    loaded_until = Instant(
        allow_null=True, help_text="The end of the newest value of a series; not after the window."
    )


class NoticeShape(Shape):
    code = serializers.ChoiceField(
        ("window_cut", "window_outside", "service_not_shared", "no_period", "withheld"),
        help_text="For programs.",
    )
    detail = Text(help_text="For people.")


class EnvelopeShape(Shape):
    """The members that every answer has; a resource adds `data`."""

    resource = Text(help_text="What the address is called.")
    time_zone = Text(help_text="The utility's, an IANA name: in it dates, days and offsets count.")
    window = WindowShape(help_text="The period that the answer speaks of.")
    services = ServiceShape(many=True, help_text="How the answer stands for each service.")
    notices = NoticeShape(many=True, help_text="What the answer leaves out, in words.")
    next = serializers.URLField(
        allow_null=True, help_text="The address of the next page; null after the last."
    )


class ProblemShape(Shape):
    """RFC 9457."""

    type = Text(help_text="The page that explains `code`.")
    title = Text(help_text="The status in words.")
    status = serializers.IntegerField(help_text="The status of HTTP.")
    detail = serializers.CharField(required=False, help_text="What is wrong, for people.")
    code = serializers.CharField(required=False, help_text="What is wrong, for programs.")
    parameter = serializers.CharField(required=False, help_text="The parameter that is wrong.")
    scope = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="The scopes of which one is needed."
    )
    reference = serializers.CharField(required=False, help_text="What support finds the call by.")


class StreamShape(Shape):
    """As JSON; a file without its closing members was broken off."""

    resource = Text(help_text="What the data are of.")
    time_zone = Text(help_text="The utility's, an IANA name: in it dates, days and offsets count.")
    window = WindowShape(help_text="The period that the file speaks of.")
    values = serializers.IntegerField(min_value=0, help_text="How many values the file holds.")


class OpenSeriesShape(Shape):
    """Segments as in the series of a grant, of no contract and no tariff."""

    resource = Text(help_text="The series.")
    time_zone = Text(help_text="The utility's, an IANA name: in it dates, days and offsets count.")
    region = Text(help_text="The grid region asked for.")
    window = WindowShape(help_text="The period asked for.")
    next = Text(allow_null=True, help_text="The address of the next page; null after the last.")


def answer_of(shape: type[Shape] | type[ReadOnlyField]) -> type[Shape]:
    """The envelope around a list of `shape`, or around what a field writes as a list."""
    return _with_data(EnvelopeShape, shape, f"{_name(shape)}AnswerShape")


def stream_of(shape: type[Shape] | type[ReadOnlyField]) -> type[Shape]:
    """The members of a streamed file as JSON."""
    return _with_data(StreamShape, shape, f"{_name(shape)}FileShape")


def open_answer_of(shape: type[Shape]) -> type[Shape]:
    """The answer of an open series."""
    return _with_data(OpenSeriesShape, shape, f"Open{_name(shape)}AnswerShape")


_answers: dict[str, type[Shape]] = {}  # by name: the OpenAPI document knows a class by its own


def _with_data(around: type[Shape], shape: type[Shape] | type[ReadOnlyField], name: str) -> type[Shape]:
    if name in _answers:
        return _answers[name]
    options: dict[str, Any] = {"many": True} if issubclass(shape, Shape) else {}
    data = shape(help_text=f"{_name(shape)} objects, in a fixed order.", **options)
    return _answers.setdefault(name, type(name, (around,), {"data": data, "__doc__": around.__doc__}))


def _name(shape: type[Shape] | type[ReadOnlyField]) -> str:
    return shape.__name__.removesuffix("Shape")
