"""A watched folder: what is whole is taken, once, and nothing outside of it is ever read."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from datahub.feeds.sources import folder as folder_module
from datahub.models import FeedRun, FeedSource, SourceKind
from tests.datahub.feeds.runs.files import usage_file
from tests.datahub.feeds.sources.conftest import MORNING

WRITTEN = datetime(2026, 3, 1, 6, tzinfo=UTC)


@pytest.fixture
def inbox(settings, tmp_path) -> Path:
    settings.FEED_FOLDERS = (tmp_path / "drop",)
    inbox = tmp_path / "drop" / "meters"
    inbox.mkdir(parents=True)
    return inbox


@pytest.fixture
def source(feed, inbox, clock):
    return FeedSource.objects.create(feed=feed, kind=SourceKind.FOLDER, address=str(inbox), pattern="*.csv")


def put(inbox: Path, name: str, content: bytes | None = None, at: datetime = WRITTEN) -> Path:
    path = inbox / name
    path.write_bytes(usage_file("M-1", [1]) if content is None else content)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def taken(inbox: Path) -> list[str]:
    return sorted(path.name for path in (inbox / "taken").glob("*"))


def names() -> list[str]:
    return list(FeedRun.objects.order_by("pk").values_list("file_name", flat=True))


def test_a_file_that_stays_as_it_is_between_two_looks_is_taken_with_its_own_time(source, inbox, visit):
    path = put(inbox, "march.csv")

    first = visit(source).last_run
    second = visit(source).last_run

    assert first is None
    assert (second.file_name, second.version_at, second.size) == (
        "march.csv", WRITTEN, len(usage_file("M-1", [1])),
    )  # fmt: skip
    assert (path.exists(), taken(inbox)) == (False, ["march.csv"])
    assert (inbox / "taken").stat().st_mode & 0o777 == 0o700


def test_the_second_look_comes_soon(source, inbox, visit):
    put(inbox, "march.csv")

    visit(source)

    assert (source.next_look - source.last_look).total_seconds() == 15


def test_a_file_that_still_grows_waits(source, inbox, visit):
    put(inbox, "march.csv", b"meter,start,value\n")
    visit(source)
    put(inbox, "march.csv", usage_file("M-1", [1, 2]))
    visit(source)
    before = names()

    visit(source)

    assert (before, names()) == ([], ["march.csv"])


@pytest.mark.parametrize("partial", ["march.csv.part", "march.csv.tmp", ".march.csv.x7k2"])
def test_what_is_being_written_is_never_taken_until_it_is_renamed_and_then_at_once(
    source, inbox, visit, partial
):
    source.pattern = "*"
    source.save()
    path = put(inbox, partial)
    visit(source)
    visit(source)
    visit(source)
    before = names()
    path.rename(inbox / "march.csv")

    visit(source)

    assert (before, names()) == ([], ["march.csv"])


def test_names_that_do_not_fit_the_pattern_stay(source, inbox, visit):
    put(inbox, "readme.txt")

    visit(source)
    visit(source)

    assert names() == []
    assert (inbox / "readme.txt").exists()


def test_a_crash_after_the_run_was_stored_takes_the_file_once(source, inbox, visit, monkeypatch):
    put(inbox, "march.csv")
    visit(source)

    def dies(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(folder_module, "_move", dies)
    with pytest.raises(KeyboardInterrupt):
        visit(source)
    monkeypatch.undo()
    left = (inbox / "march.csv").exists()

    visit(source)

    assert left
    assert names() == ["march.csv"]
    assert taken(inbox) == ["march.csv"]


def test_a_crash_before_the_run_was_stored_loses_nothing(source, inbox, visit, monkeypatch):
    put(inbox, "march.csv")
    visit(source)

    def dies(**_):
        raise KeyboardInterrupt

    monkeypatch.setattr("datahub.feeds.sources.base.start_run", dies)
    with pytest.raises(KeyboardInterrupt):
        visit(source)
    monkeypatch.undo()
    untouched = (inbox / "march.csv").exists()

    visit(source)

    assert untouched
    assert names() == ["march.csv"]


def test_a_name_that_comes_again_does_not_overwrite_what_was_taken(source, inbox, visit):
    for value in (1, 2):
        put(inbox, "march.csv", usage_file("M-1", [value]))
        visit(source)
        visit(source)

    assert names() == ["march.csv", "march.csv"]
    assert len(taken(inbox)) == 2


def test_a_file_that_is_replaced_while_it_is_read_is_taken_whole_later(
    source, inbox, visit, monkeypatch, settings
):
    put(inbox, "march.csv", usage_file("M-1", [1]))
    visit(source)
    in_peace = folder_module.take

    def written_to_meanwhile(source, listed, file, *, at):
        with (inbox / "march.csv").open("ab") as writer:
            writer.write(b"M-1,2026-03-01T00:15:00Z,2\n")
        return in_peace(source, listed, file, at=at)

    monkeypatch.setattr(folder_module, "take", written_to_meanwhile)
    visit(source)
    monkeypatch.undo()
    before, copies = names(), [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]

    visit(source)
    visit(source)

    assert before == copies == []
    assert FeedRun.objects.get().size == len(usage_file("M-1", [1, 2]))


def test_an_unreadable_file_is_named_and_the_others_are_taken(source, inbox, visit, monkeypatch):
    for name in ("a.csv", "b.csv"):
        put(inbox, name, usage_file(name, [1]))
    visit(source)
    opened = os.open

    def refuses_one(path, *rest, **more):
        if path == "a.csv":
            raise PermissionError(13, "Permission denied")
        return opened(path, *rest, **more)

    monkeypatch.setattr(os, "open", refuses_one)

    visit(source)

    assert names() == ["b.csv"]
    assert source.problem == "a.csv: Permission denied"
    assert source.failures == 0


def test_a_folder_outside_of_the_allowed_ones_is_refused(source, inbox, visit, tmp_path):
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    put(outside, "secret.csv")
    source.address = str(outside)
    source.save()

    visit(source)
    visit(source)

    assert source.problem == "the folder is not in or below one of FEED_FOLDERS"
    assert names() == []


def test_links_lead_nowhere(source, inbox, visit, tmp_path):
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    put(outside, "secret.csv")
    (inbox / "linked.csv").symlink_to(outside / "secret.csv")
    (inbox.parent / "linked").symlink_to(outside)
    by_link = FeedSource.objects.create(
        feed=source.feed, kind=SourceKind.FOLDER, address=str(inbox.parent / "linked")
    )
    (inbox / "taken").symlink_to(outside)
    put(inbox, "march.csv")

    for _ in range(2):
        visit(source)
        visit(by_link)

    assert names() == ["march.csv"]
    assert "cannot be moved to taken" in source.problem and "linked" not in source.problem
    assert by_link.problem == "the folder is not in or below one of FEED_FOLDERS"
    assert sorted(path.name for path in outside.iterdir()) == ["secret.csv"]


def test_a_pipe_is_not_waited_for(source, inbox, visit):
    os.mkfifo(inbox / "march.csv")

    visit(source)
    visit(source)

    assert names() == []


def test_an_allowed_folder_that_is_not_there_stops_no_other(source, inbox, visit, settings, tmp_path):
    settings.FEED_FOLDERS = (tmp_path / "gone", *settings.FEED_FOLDERS)
    put(inbox, "march.csv")

    visit(source)
    visit(source)

    assert names() == ["march.csv"]


def test_no_folder_is_allowed_until_one_is_configured(source, inbox, visit, settings):
    settings.FEED_FOLDERS = ()
    put(inbox, "march.csv")

    visit(source)

    assert source.problem == "the folder is not in or below one of FEED_FOLDERS"


def test_a_time_in_the_future_counts_as_now(source, inbox, visit):
    put(inbox, "march.csv", at=datetime(2030, 1, 1, tzinfo=UTC))

    visit(source)
    visit(source)

    assert MORNING < source.last_run.version_at == source.last_look
