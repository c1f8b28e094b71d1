"""`make release TAG=v1.2.3`: wheel, source, bill of materials and container context of a tagged commit, in `dist/`.

Nothing of the working tree goes in: all four are made from what the tag holds.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

from tools.files import ROOT
from tools.release.bill_of_materials import write_bill

CONTEXT = ("deploy", "requirements", "LICENSE")  # with the wheel all that the image is built from
BIN = Path(sys.executable).parent


class ReleaseError(ValueError):
    """This tag is none to be released; the message says why."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tag")
    options = parser.parse_args()
    try:
        for path in release(options.tag, ROOT / "dist"):
            print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} KB")
    except ReleaseError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def release(tag: str, into: Path) -> list[Path]:
    """The four files. Raises ReleaseError."""
    with tempfile.TemporaryDirectory(prefix="cdsc-release-") as folder:
        tree = Path(folder)
        archive = subprocess.run(
            ["git", "archive", "--format=tar", f"refs/tags/{tag}"], cwd=ROOT, capture_output=True
        )
        if archive.returncode:
            raise ReleaseError(f"There is no tag {tag}.")
        subprocess.run(["tar", "--extract", "--directory", folder], input=archive.stdout, check=True)
        version = version_of(tree, tag)
        wheel, source = build(tree, into)
        bill = into / f"cdsc_portal-{version}.cdx.json"
        write_bill(tree / "requirements" / "runtime.txt", version, bill)
        return [
            wheel,
            source,
            bill,
            container_context(tree, wheel, into / f"cdsc_portal-{version}-container.tar.gz"),
        ]


def version_of(tree: Path, tag: str) -> str:
    """That of the project, if tag and changelog say the same. Raises ReleaseError."""
    version = str(tomllib.loads((tree / "pyproject.toml").read_text())["project"]["version"])
    if tag != f"v{version}":
        raise ReleaseError(f"pyproject.toml says {version}, the tag {tag}.")
    if not re.search(
        rf"^## {re.escape(version)} \(\d{{4}}-\d\d-\d\d\)$", (tree / "CHANGELOG.md").read_text(), re.M
    ):
        raise ReleaseError(f"CHANGELOG.md has no section '## {version} (date)'.")
    return version


def build(tree: Path, into: Path) -> tuple[Path, Path]:
    """(wheel, source): the wheel is built from the source, with the packages that are installed here."""
    into.mkdir(parents=True, exist_ok=True)
    command = [
        str(BIN / "uv"),
        "build",
        "--quiet",
        "--offline",
        "--no-build-isolation",
        "--python",
        sys.executable,
    ]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with tempfile.TemporaryDirectory(prefix="cdsc-built-") as made:
        subprocess.run([*command, "--out-dir", made, str(tree)], check=True, env=environment)
        (wheel,), (source,) = Path(made).glob("*.whl"), Path(made).glob("*.tar.gz")
        return Path(shutil.move(wheel, into / wheel.name)), Path(shutil.move(source, into / source.name))


def container_context(tree: Path, wheel: Path, path: Path) -> Path:
    with tarfile.open(path, "w:gz") as context:
        for name in CONTEXT:
            context.add(tree / name, name)
        context.add(wheel, f"dist/{wheel.name}")
    return path


if __name__ == "__main__":
    sys.exit(main())
