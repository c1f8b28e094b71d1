"""Find what the tests run beside Python; where we are root on Debian, install it; else say what to install.

Chromium opens the pages, of its packages the shell without a window where the system has one; curl is what the
sandbox guide tells its readers to use, nginx stands before the portal, PgBouncer between it and the database, and node
runs a third party's program on a library of its language.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence

SHELL = "chromium-headless-shell"  # draws no window, which takes two fifths less of the processor's time
NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PROGRAMS = {
    "chromium": NAMES,
    "curl": ("curl",),
    "redis-server": ("redis-server",),
    "pgbouncer": ("pgbouncer", "/usr/sbin/pgbouncer"),
    "nginx-light": ("nginx", "/usr/sbin/nginx"),
    "nodejs": ("node",),
    "npm": ("npm",),
}  # by Debian's package


def main() -> int:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _install()
        return 0
    if packages := missing(PROGRAMS):
        print(
            f"The tests need your system's packages named {' and '.join(packages)}: install them.",
            file=sys.stderr,
        )
        return 1
    return 0


def _install() -> None:
    """What is missing, and the shell where the system knows of it: without it another browser does."""
    if packages := missing(PROGRAMS):
        print(f"Installing {' and '.join(packages)} for the tests ...", flush=True)
        apt_get("update")
    if not shutil.which(SHELL) and _is_known(SHELL):
        apt_get("install", "-y", SHELL, must_work=False)
    if packages := missing(PROGRAMS):
        apt_get("install", "-y", *packages)


def missing(programs: Mapping[str, Sequence[str]]) -> list[str]:
    """Packages of which no program is there."""
    return [package for package, names in programs.items() if not any(map(shutil.which, names))]


def _is_known(package: str) -> bool:
    return subprocess.run(["apt-cache", "show", package], check=False, capture_output=True).returncode == 0


def apt_get(*command: str, must_work: bool = True) -> None:
    subprocess.run(
        ["apt-get", "-q", *command],
        check=must_work,
        stdout=subprocess.DEVNULL,
        stderr=None if must_work else subprocess.DEVNULL,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
    )


if __name__ == "__main__":
    sys.exit(main())
