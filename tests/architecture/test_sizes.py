"""`make check` fails on what has grown too large to be read."""

from pathlib import Path

from tools.sizes import FOLDER_LIMIT, full_folders


def test_a_folder_of_more_files_than_the_limit_is_refused_with_its_name():
    full = [Path(f"datahub/usage/m{n}.py") for n in range(FOLDER_LIMIT + 1)]
    below = [Path(f"datahub/usage/pages/m{n}.py") for n in range(FOLDER_LIMIT)]

    assert list(full_folders([*full, *below])) == ["datahub/usage: 26 files, limit 25"]


def test_decisions_and_tests_may_grow():
    growing = [Path(folder, f"{n}.md") for folder in ("docs/decisions", "tests/web") for n in range(60)]

    assert list(full_folders(growing)) == []
