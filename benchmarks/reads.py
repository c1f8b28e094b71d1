"""Readings out: the gate, a meter-year as JSON in process, and the same over HTTP."""

from collections.abc import Callable, Iterator
from itertools import groupby

import orjson
from django.db import connection, transaction
from django.test import Client
from rest_framework.renderers import JSONRenderer

from benchmarks import rows, server, world
from benchmarks.measure import Figure, at_least, at_most, medians, prepare_to_measure, seconds
from benchmarks.world import TOKEN, YEAR_END, YEAR_START, World
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.ranges import Span
from consent.access import DataAccess
from consent.queries.access import data_access
from datahub.usage.exports.stream import FORMS, usage_stream
from datahub.usage.segments import QUALITY_NAMES

_YEAR = {"start": "2025-01-01T00:00:00Z", "end": "2026-01-01T00:00:00Z"}
_PATH = "/usage_data?start=2025-01-01T00:00:00Z&end=2026-01-01T00:00:00Z"
_AUTHORIZATION = {"Authorization": f"Bearer {TOKEN}"}
_GATE_ROUNDS = 20  # a call takes a tenth of a millisecond


def figures(place: World) -> Iterator[Figure]:
    prepare_to_measure()
    with transaction.atomic():  # a call is one transaction, and its commit is the disclosure's
        value, yardstick = medians(_open_gate, _round_trip, rounds=_GATE_ROUNDS)
    yield at_most("gate (token, grant, scope, selection) / one SELECT 1", "ms", value, yardstick, 4)
    with rows.table():
        yield from _in_process(place)
    yield from _streams()
    yield from _over_http()


def _open_gate() -> None:
    if data_access(TOKEN, at=clock.now()) is None:
        raise RuntimeError("the gate must open")


def _round_trip() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()


def _in_process(place: World) -> Iterator[Figure]:
    rows.copy_rows(world.year_as_rows(place))
    prepare_to_measure()
    ours, theirs = orjson.loads(world.year_as_json(place)), orjson.loads(from_tuples(place))
    if {name: ours[name] for name in theirs} != theirs:
        raise RuntimeError("both ways must say the same")
    value, tuples = medians(lambda: world.year_as_json(place), lambda: from_tuples(place))
    serializer = (
        min(seconds(lambda: serialized(place)) for _ in range(3)) * 1000
    )  # ten in a row take ten seconds
    yield at_least("meter-year JSON: ModelSerializer over rows / ours", "ms", serializer, value, 400)
    yield at_least("meter-year JSON: values_list and orjson over rows / ours", "ms", tuples, value, 28)


def serialized(place: World) -> bytes:
    readings = rows.RowReading.objects.filter(channel=place.channel).order_by("start")
    return JSONRenderer().render(rows.RowSerializer(readings, many=True).data)


def from_tuples(place: World) -> bytes:
    """The members that change from reading to reading, in the shape of a usage segment."""
    readings = rows.plain_rows(place.channel)
    quality = [(code, sum(1 for _ in run)) for code, run in groupby(code for _, code in readings)]
    return orjson.dumps(
        {
            "values": [str(int(value.scaleb(3))) for value, _ in readings],
            "quality": [{"count": count, "quality": QUALITY_NAMES[code]} for code, count in quality],
        }
    )


def _streams() -> Iterator[Figure]:
    for form in FORMS:
        checked, unchecked = medians(
            lambda form=form: streamed(form, lambda: data_access(TOKEN, at=clock.now(), lock=False)),
            lambda form=form: streamed(form, None),
        )
        size = streamed(form, None) / 1000
        name = f"meter-year file, {form}: gate asked while it leaves / not asked"
        yield at_least(name, "MB/s", size / checked, size / unchecked, 0.7)


def streamed(form: str, recheck: Callable[[], DataAccess | None] | None) -> int:
    """Bytes of a file of the year; without `recheck` what opened it is taken to go on."""
    opened: list[DataAccess | None] = []

    def reopen() -> DataAccess | None:
        opened.append(data_access(TOKEN, at=clock.now()))
        return opened[-1]

    file = FORMS[form](window=Span(YEAR_START, YEAR_END), at=clock.now())
    pieces = usage_stream(
        file,
        reopen,
        recheck=recheck or (lambda: opened[-1]),
        services=None,
        window=Span(YEAR_START, YEAR_END),
    )
    return sum(map(len, pieces))


def _over_http() -> Iterator[Figure]:
    answer = Client(headers=_AUTHORIZATION).get("/usage_data", _YEAR)
    if answer.status_code != 200:
        raise RuntimeError(f"usage answered {answer.status_code}: {answer.content[:300]!r}")
    tag, size = answer.headers["ETag"], len(answer.content)
    unchanged = {**_AUTHORIZATION, "If-None-Match": tag}
    with server.running() as port:
        times: list[list[float]] = [[], [], [], []]
        for _ in range(6):
            for taken, (path, headers, status) in zip(
                times,
                [
                    (_PATH, _AUTHORIZATION, 200),
                    (f"/gated?size={size}", _AUTHORIZATION, 200),
                    (_PATH, unchanged, 304),
                    ("/gated?size=0", _AUTHORIZATION, 200),
                ],
                strict=True,
            ):
                taken.append(server.seconds_a_call(port, path, headers, status=status))
        year, ready, same, empty = (sorted(taken[1:])[len(taken) // 2] for taken in times)
    name = f"{server.WORKERS} workers, {size // 1000} kB"
    yield at_least(f"meter-year over HTTP ({name}) / ready bytes", "calls/s", 1 / year, 1 / ready, 0.2)
    yield at_least("nothing changed (304) / an empty answer", "calls/s", 1 / same, 1 / empty, 0.5)
