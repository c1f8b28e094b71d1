"""Long answers leave compressed for who takes it, streams piece by piece, and nothing that shows a secret."""

import gzip
import io
import json
import random
import re
from datetime import UTC, datetime

import pytest
import zstandard
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client as Browser
from django.test import RequestFactory
from django.urls import ResolverMatch

from cdsc_portal.compression import CompressionMiddleware, preferred_coding
from cdsc_portal.lib.http.secret_pages import shows_secret
from tests.factories.feeds import load_readings, usage_series

MIDNIGHT = datetime(2026, 3, 1, 8, tzinfo=UTC)
LONG = b'{"data":[' + b"123," * 5000 + b"0]}"
READ = {
    "gzip": gzip.decompress,
    "zstd": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
}
BOTH = {"Accept-Encoding": "gzip, deflate, br, zstd"}


def passed(response, path="/usage_data", accepted="gzip", **headers):
    request = RequestFactory().get(path, headers={"Accept-Encoding": accepted, **headers})
    return CompressionMiddleware(lambda _: response)(request)


@pytest.mark.parametrize("coding", READ)
def test_a_long_answer_of_the_api_is_less_than_a_third_and_says_the_same(reader, home, coding):
    load_readings(usage_series(home.meter, MIDNIGHT, list(range(2000))))
    reader.granted(home.contract)
    plain = reader.get("/usage_data")

    answer = reader.get("/usage_data", **{"Accept-Encoding": coding})

    assert READ[coding](answer.content) == plain.content
    assert len(answer.content) < len(plain.content) / 3
    assert answer["Content-Encoding"] == coding
    assert answer["ETag"] == f"W/{plain['ETag']}"
    assert {"Accept", "Authorization", "Accept-Encoding"} <= set(re.split(r",\s*", answer["Vary"]))
    assert plain["Vary"] == answer["Vary"]


def test_the_tag_of_a_compressed_answer_is_known_again(reader, home):
    load_readings(usage_series(home.meter, MIDNIGHT, list(range(2000))))
    reader.granted(home.contract)
    tag = reader.get("/usage_data", **BOTH)["ETag"]

    again = reader.get("/usage_data", **BOTH, **{"If-None-Match": tag})

    assert (again.status_code, again["ETag"], again.content) == (304, tag, b"")


def test_a_usage_file_is_compressed_as_it_leaves(reader, home):
    load_readings(usage_series(home.meter, MIDNIGHT, list(range(2000))))
    reader.granted(home.contract)
    plain = b"".join(reader.get("/usage_data/file").streaming_content)

    answer = reader.get("/usage_data/file", **BOTH)
    sent = b"".join(answer.streaming_content)

    assert answer["Content-Encoding"] == "zstd"
    assert READ["zstd"](sent) == plain
    assert json.loads(plain)["values"] == 2000


@pytest.mark.parametrize("coding", READ)
def test_no_more_of_a_stream_is_held_back_than_the_compressor_needs(coding):
    taken, chance = [], random.Random(1)

    def pieces():
        for number in range(200):
            taken.append(number)
            yield chance.randbytes(32 * 1024)

    stream = iter(
        passed(StreamingHttpResponse(pieces(), content_type="text/csv"), accepted=coding).streaming_content
    )
    next(stream)

    assert len(taken) < 40


@pytest.mark.parametrize("coding", READ)
def test_a_stream_that_breaks_off_lacks_the_end_of_its_compression(coding):
    def pieces():
        yield LONG
        raise ValueError

    stream = passed(
        StreamingHttpResponse(pieces(), content_type="text/csv"), accepted=coding
    ).streaming_content
    sent = []
    with pytest.raises(ValueError):
        sent.extend(stream)

    if coding == "gzip":
        with pytest.raises(EOFError):
            gzip.GzipFile(fileobj=io.BytesIO(b"".join(sent))).read()
    else:
        assert b"0]}" not in READ[coding](b"".join(sent) or zstandard.compress(b""))


@pytest.mark.spec("X-16")
def test_what_shows_a_secret_is_never_compressed():
    @shows_secret
    def secret_page(request):
        return HttpResponse(LONG, content_type="text/html")

    request = RequestFactory().get("/", headers=BOTH)
    request.resolver_match = ResolverMatch(secret_page, (), {})

    answer = CompressionMiddleware(secret_page)(request)

    assert "Content-Encoding" not in answer
    assert answer.content == LONG


@pytest.mark.django_db
def test_the_page_of_a_login_is_not_compressed_and_a_page_of_help_is():
    browser = Browser(headers=BOTH)

    assert "Content-Encoding" not in browser.get("/accounts/login/")
    assert browser.get("/help/")["Content-Encoding"] == "zstd"


@pytest.mark.parametrize(
    ("response", "why"),
    [
        (HttpResponse(b"x" * 1023, content_type="application/json"), "short"),
        (HttpResponse(LONG, content_type="application/pdf"), "compressed already"),
        (HttpResponse(LONG, content_type="text/csv", status=206), "a part of it"),
        (HttpResponse(LONG, content_type="text/css", headers={"Content-Encoding": "br"}), "encoded already"),
    ],
)
def test_what_gains_nothing_or_must_keep_its_bytes_is_left_alone(response, why):
    before = response.content

    answer = passed(response)

    assert answer.content == before, why
    assert answer.headers.get("Content-Encoding") in (None, "br")


def test_a_file_that_takes_ranges_is_compressed_only_where_none_is_asked():
    def file():
        return HttpResponse(LONG, content_type="text/csv", headers={"Accept-Ranges": "bytes"})

    assert READ["gzip"](passed(file()).content) == LONG
    assert passed(file(), Range="items=1-").content == LONG


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("", None),
        ("identity", None),
        ("gzip", "gzip"),
        ("gzip, zstd", "zstd"),
        ("gzip;q=1.0, zstd;q=0.5", "gzip"),
        ("gzip;q=0, zstd ; q=0", None),
        ("*", "zstd"),
        ("*;q=0.5, zstd;q=0", "gzip"),
        ("gzip;q=x, br", None),
    ],
)
def test_the_weights_of_accept_encoding_count(accepted, coding):
    assert preferred_coding(accepted) == coding


def test_head_says_what_get_would(reader, home):
    load_readings(usage_series(home.meter, MIDNIGHT, list(range(2000))))
    reader.granted(home.contract)

    got = reader.get("/usage_data", **BOTH)
    head = Browser().head("/usage_data", headers={**reader.bearer, **BOTH})

    for name in ("ETag", "Content-Encoding", "Vary"):
        assert head[name] == got[name], name
    assert "Content-Length" not in head
