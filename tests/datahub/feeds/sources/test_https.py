"""A file pulled from an address: only when it changed, only from where it may, and nothing secret is said."""

import socket
from datetime import UTC, datetime

import pytest

from cdsc_portal import env
from cdsc_portal.lib.http import public_connections
from datahub.models import FeedRun, FeedSource, SourceKind
from tests.datahub.feeds.runs.files import usage_file
from tests.datahub.feeds.sources.web import certificate_for_localhost, web_server

MARCH = usage_file("M-1", [1])
APRIL = usage_file("M-1", [2])
SECRET = "s3cret-of-the-vendor"


@pytest.fixture
def web(settings):
    settings.FEED_PULL_HOSTS = ("localhost",)
    with web_server() as server:
        yield server


@pytest.fixture
def safe_web(settings, tmp_path, monkeypatch):
    certificate = certificate_for_localhost(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    settings.FEED_PULL_HOSTS = ("localhost",)
    with web_server(certificate) as server:
        yield server


@pytest.fixture
def source(feed, web, clock):
    return FeedSource.objects.create(
        feed=feed, kind=SourceKind.HTTPS, address=f"{web.origin}/out/march.csv?key=hidden"
    )


def runs() -> list[FeedRun]:
    return list(FeedRun.objects.order_by("pk"))


def test_a_file_is_fetched_with_its_name_and_time(source, web, visit):
    web.serves(MARCH, Last_Modified="Sun, 01 Mar 2026 06:00:00 GMT")

    visit(source)

    (run,) = runs()
    assert (run.file_name, run.size) == ("march.csv", len(MARCH))
    assert run.version_at == datetime(2026, 3, 1, 6, tzinfo=UTC)
    assert run.file.read() == MARCH
    assert source.last_run == run
    assert web.requests[0][":path"] == "/out/march.csv?key=hidden"


def test_what_did_not_change_is_not_sent_again(source, web, visit):
    def answer(request):
        if request.get("if-none-match") == '"v1"' and "if-modified-since" in request:
            return 304, {}, b""
        return 200, {"ETag": '"v1"', "Last-Modified": "Sun, 01 Mar 2026 06:00:00 GMT"}, MARCH

    web.answer = answer

    for _ in range(3):
        visit(source)

    assert len(runs()) == 1
    assert [request.get("if-none-match") for request in web.requests] == [None, '"v1"', '"v1"']
    assert source.problem == ""


def test_a_server_without_etags_makes_a_run_only_of_another_file(source, web, visit):
    for body in (MARCH, MARCH, APRIL):
        web.serves(body)
        visit(source)

    assert [run.file.read() for run in runs()] == [MARCH, APRIL]


@pytest.mark.parametrize(
    ("user", "sent"), [("", f"Bearer {SECRET}"), ("portal", "Basic cG9ydGFsOnMzY3JldC1vZi10aGUtdmVuZG9y")]
)
def test_the_secret_comes_from_the_environment(source, web, visit, monkeypatch, user, sent):
    monkeypatch.setenv("FEED_SECRET_VENDOR", SECRET)
    FeedSource.objects.update(secret_name="FEED_SECRET_VENDOR", user_name=user)
    web.serves(MARCH)

    visit(source)

    assert web.requests[0]["authorization"] == sent


def test_the_secret_may_stand_in_a_file(source, web, visit, monkeypatch, tmp_path):
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    monkeypatch.setenv("FEED_SECRET_VENDOR_FILE", str(tmp_path / "secret"))
    FeedSource.objects.update(secret_name="FEED_SECRET_VENDOR")
    web.serves(MARCH)

    visit(source)

    assert web.requests[0]["authorization"] == f"Bearer {SECRET}"


def test_a_secret_in_a_file_is_read_anew_without_a_restart(monkeypatch, tmp_path):
    monkeypatch.setenv("FEED_SECRET_VENDOR_FILE", str(tmp_path / "secret"))
    for secret in ("the first", "the second"):
        (tmp_path / "secret").write_text(f"{secret}\n")
        assert env.feed_secret("FEED_SECRET_VENDOR") == secret


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_URL", "FEED_SECRET_X_FILE", "feed_secret_x"])
def test_no_other_variable_can_be_sent_anywhere(source, web, visit, monkeypatch, name):
    monkeypatch.setenv(name, "the server's own")
    FeedSource.objects.update(secret_name=name)

    visit(source)

    assert web.requests == []
    assert source.problem == f"{name} is no name of a feed's secret; those are FEED_SECRET_..."


def test_a_secret_that_is_not_set_is_named(source, web, visit):
    FeedSource.objects.update(secret_name="FEED_SECRET_VENDOR")

    visit(source)

    assert source.problem == "the environment variable FEED_SECRET_VENDOR is not set"


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ((503, {}, b""), "localhost answers 503 Service Unavailable"),
        ((200, {"Content-Length": "9999"}, b"short"), "localhost sent 5 of 9999 bytes"),
        ((200, {}, b""), "localhost sent an empty file"),
        (
            (200, {"Content-Encoding": "gzip"}, b"x"),
            "localhost sends the file in an encoding nobody asked for",
        ),
        ((200, {"Content-Length": str(5 << 20)}, b"x"), "the file is larger than 2 MB (FEED_FILE_MEGABYTES)"),
        ((200, {}, b"x" * (3 << 20)), "the file is larger than 2 MB (FEED_FILE_MEGABYTES)"),
        ((302, {"Location": "http://localhost/else"}, b""), "it redirects to plain http on localhost"),
        ((302, {"Location": "https://a:b@localhost/"}, b""), "no user or password belongs in the address"),
        ((302, {"Location": "file:///etc/hostname"}, b""), "the address must be https://host/path"),
    ],
)
def test_what_goes_wrong_is_said_without_secret_or_query(
    source, web, visit, settings, monkeypatch, answer, problem
):
    settings.FEED_FILE_MEGABYTES = 2
    monkeypatch.setenv("FEED_SECRET_VENDOR", SECRET)
    FeedSource.objects.update(secret_name="FEED_SECRET_VENDOR")
    web.answer = lambda _request: answer

    visit(source)

    assert source.problem == problem
    assert source.failures == 1
    assert runs() == []
    assert "hidden" not in source.problem and SECRET not in source.problem


def test_a_body_without_a_length_is_still_limited(source, web, visit, settings):
    settings.FEED_FILE_MEGABYTES = 1
    chunk = b"%x\r\n%s\r\n" % (1 << 20, b"x" * (1 << 20))
    web.answer = lambda _request: (
        200,
        {"Transfer-Encoding": "chunked", "Content-Length": ""},
        chunk * 2 + b"0\r\n\r\n",
    )

    visit(source)

    assert source.problem == "the file is larger than 1 MB (FEED_FILE_MEGABYTES)"


def test_a_secret_that_no_header_can_carry_is_not_repeated(source, web, visit, monkeypatch):
    monkeypatch.setenv("FEED_SECRET_VENDOR", "two\r\nX-Lines: yes")
    FeedSource.objects.update(secret_name="FEED_SECRET_VENDOR")

    visit(source)

    assert source.problem == "FEED_SECRET_VENDOR holds what no header can carry"
    assert web.requests == []


def test_a_private_address_is_refused_unless_its_host_is_named(source, web, visit, settings):
    settings.FEED_PULL_HOSTS = ()
    port = web.origin.rpartition(":")[2]
    FeedSource.objects.update(address=f"https://localhost:{port}/march.csv")

    visit(source)

    assert source.problem == "localhost is not a public address; FEED_PULL_HOSTS does not name it"
    assert web.requests == []


def test_plain_http_is_refused_unless_its_host_is_named(source, web, visit, settings):
    settings.FEED_PULL_HOSTS = ()

    visit(source)

    assert source.problem == "plain http is only for hosts that FEED_PULL_HOSTS names, localhost is none"


def test_a_redirect_to_a_private_address_is_refused(source, web, visit):
    web.answer = lambda _request: (302, {"Location": "https://127.0.0.1:1/latest/meta-data"}, b"")

    visit(source)

    assert source.problem == "127.0.0.1 is not a public address; FEED_PULL_HOSTS does not name it"


def test_the_address_that_was_checked_is_the_one_connected_to(monkeypatch, settings):
    settings.FEED_PULL_HOSTS = ()
    answers = iter([[("93.184.216.34", 443)], [("127.0.0.1", 443)]])
    reached = []

    def resolve(_host, _port, **_more):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in next(answers)]

    class Socket(socket.socket):
        def connect(self, address):
            reached.append(address)

    monkeypatch.setattr(public_connections.socket, "getaddrinfo", resolve)
    monkeypatch.setattr(public_connections.socket, "socket", Socket)

    public_connections.connected("files.example.com", 443).close()

    assert reached == [("93.184.216.34", 443)]


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True), ("2606:2800:220:1::1", True), ("127.0.0.1", False), ("10.1.2.3", False),
        ("169.254.169.254", False), ("100.64.0.1", False), ("0.0.0.0", False), ("224.0.0.1", False), ("::1", False),
        ("fe80::1%eth0", False), ("fc00::1", False), ("::ffff:127.0.0.1", False), ("::ffff:93.184.216.34", True),
        ("64:ff9b::7f00:1", False), ("2002:7f00:1::", False), ("255.255.255.255", False),
    ],
)  # fmt: skip
def test_only_addresses_of_the_internet_are_public(address, public):
    assert public_connections.is_public(address) is public


def test_a_redirect_to_https_is_followed_and_the_secret_stays_behind(
    source, web, safe_web, visit, monkeypatch
):
    monkeypatch.setenv("FEED_SECRET_VENDOR", SECRET)
    FeedSource.objects.update(secret_name="FEED_SECRET_VENDOR")
    web.answer = lambda _request: (307, {"Location": f"{safe_web.origin}/signed?token=once"}, b"")
    safe_web.serves(MARCH)

    visit(source)

    assert source.problem == ""
    assert [run.file_name for run in runs()] == ["march.csv"]
    assert "authorization" in web.requests[0]
    assert "authorization" not in safe_web.requests[0]


def test_redirects_end(source, safe_web, visit):
    FeedSource.objects.update(address=f"{safe_web.origin}/a")
    safe_web.answer = lambda _request: (302, {"Location": "/a"}, b"")

    visit(source)

    assert source.problem == "localhost redirects more than 5 times"
    assert len(safe_web.requests) == 6


def test_a_certificate_nobody_vouches_for_is_refused(source, safe_web, visit, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    FeedSource.objects.update(address=f"{safe_web.origin}/march.csv")
    safe_web.serves(MARCH)

    visit(source)

    assert source.problem.startswith("the certificate of localhost: self")
    assert safe_web.requests == []


def test_a_server_that_says_nothing_is_given_up(source, web, visit, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(public_connections, "TIMEOUT", 0.1)
        FeedSource.objects.update(address=f"http://localhost:{silent.getsockname()[1]}/march.csv")

        visit(source)

    assert source.problem == "localhost went silent"
