"""An SFTP server's folder: the right server, the right secret, each file once."""

import builtins
import os
from datetime import UTC, datetime
from io import StringIO

import pytest

from datahub.models import FeedRun, FeedSource, SourceKind
from tests.datahub.feeds.runs.files import usage_file

paramiko = pytest.importorskip("paramiko")
from tests.datahub.feeds.sources.sftp import USER, sftp_server  # noqa: E402 - only with the extra

WRITTEN = datetime(2026, 3, 1, 6, tzinfo=UTC)
PASSWORD = "s3cret-of-the-vendor"


@pytest.fixture
def outbox(tmp_path):
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


@pytest.fixture
def server(settings, outbox):
    settings.FEED_PULL_HOSTS = ("localhost",)
    with sftp_server(outbox, password=PASSWORD) as served:
        yield served


@pytest.fixture
def source(feed, server, clock, monkeypatch):
    monkeypatch.setenv("FEED_SECRET_VENDOR", PASSWORD)
    return FeedSource.objects.create(
        feed=feed, kind=SourceKind.SFTP, address=server.address, pattern="*.csv", user_name=USER,
        secret_name="FEED_SECRET_VENDOR", host_key=server.line,
    )  # fmt: skip


def put(outbox, name, value=1, at=WRITTEN):
    (outbox / name).write_bytes(usage_file("M-1", [value]))
    os.utime(outbox / name, (at.timestamp(), at.timestamp()))


def taken():
    return [(run.file_name, run.file.read()) for run in FeedRun.objects.order_by("pk")]


def test_a_file_that_has_settled_is_taken_once_and_left_there(source, outbox, visit):
    put(outbox, "march.csv")
    put(outbox, "april.csv.part")

    for _ in range(4):
        visit(source)

    assert source.problem == ""
    assert taken() == [("march.csv", usage_file("M-1", [1]))]
    assert source.last_run.version_at == WRITTEN
    assert (outbox / "march.csv").exists()


def test_the_same_name_with_another_time_is_another_file(source, outbox, visit):
    put(outbox, "march.csv", 1)
    visit(source)
    visit(source)
    put(outbox, "march.csv", 2, at=datetime(2026, 3, 1, 7, tzinfo=UTC))
    visit(source)
    visit(source)

    assert [content for _name, content in taken()] == [usage_file("M-1", [1]), usage_file("M-1", [2])]


def test_a_private_key_opens_too(feed, settings, outbox, clock, visit, monkeypatch):
    settings.FEED_PULL_HOSTS = ("localhost",)
    key, text = paramiko.ECDSAKey.generate(), StringIO()
    key.write_private_key(text)
    monkeypatch.setenv("FEED_SECRET_VENDOR", text.getvalue())
    put(outbox, "march.csv")
    with sftp_server(outbox, user_key=key) as server:
        source = FeedSource.objects.create(
            feed=feed, kind=SourceKind.SFTP, address=server.address, user_name=USER,
            secret_name="FEED_SECRET_VENDOR", host_key=server.line,
        )  # fmt: skip
        visit(source)
        visit(source)

    assert source.problem == ""
    assert len(taken()) == 1


def test_a_server_with_another_key_never_sees_the_password(source, server, visit):
    source.host_key = f"ecdsa-sha2-nistp256 {paramiko.ECDSAKey.generate().get_base64()}"
    source.save()

    visit(source)

    assert source.problem == "localhost shows another key than the one that is known: it may be somebody else"
    assert server.attempts == []


@pytest.mark.parametrize("line", ["", "ssh-ed25519", "ssh-ed25519 !!", "made-up AAAA"])
def test_a_server_whose_key_is_not_known_is_not_asked(source, server, visit, line):
    source.host_key = line
    source.save()

    visit(source)

    assert source.problem.startswith("the server's public key must be known")
    assert server.attempts == []


def test_a_wrong_password_is_said_and_not_repeated(source, visit, monkeypatch):
    monkeypatch.setenv("FEED_SECRET_VENDOR", "wrong")

    visit(source)

    assert source.problem == f"localhost does not let {USER} in"


def test_a_folder_that_is_not_there_is_said(source, server, visit):
    source.address = server.address.replace("/out", "/elsewhere")
    source.save()

    visit(source)

    assert source.problem == "the folder on localhost cannot be read: No such file"


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_taken(source, outbox, visit):
    put(outbox, "locked.csv")
    put(outbox, "march.csv")

    visit(source)
    visit(source)

    assert [name for name, _content in taken()] == ["march.csv"]
    assert source.problem == "locked.csv: Permission denied"


def test_a_private_address_is_refused_unless_its_host_is_named(source, server, visit, settings):
    settings.FEED_PULL_HOSTS = ()

    visit(source)

    assert source.problem == "localhost is not a public address; FEED_PULL_HOSTS does not name it"


def test_without_the_extra_the_source_says_what_to_install(source, visit, monkeypatch):
    in_peace = builtins.__import__

    def without(name, *rest, **more):
        if name == "paramiko":
            raise ImportError(name)
        return in_peace(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)

    visit(source)

    assert source.problem == "SFTP needs the extra `sftp`: install cdsc-portal[sftp]"
