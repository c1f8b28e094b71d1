"""Find what the tests run beside Python; where we are root on Debian, install it; else say what to install.

Chromium opens the pages, curl is what the sandbox guide tells its readers to use, nginx stands before the portal,
PgBouncer between it and the database, and node runs a third party's program on a library of its language.
"""

import os
import shutil
import subprocess
import sys

SHELL = "chromium-headless-shell"  # has no window to draw: takes a third less of the processor's time
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
    may_install = os.geteuid() == 0 and bool(shutil.which("apt-get"))
    missing = _missing()
    if missing and may_install:
        print(f"Installing {' and '.join(missing)} for the tests ...", flush=True)
        _apt_get("update")
    if may_install and not shutil.which(SHELL):
        _apt_get("install", "-y", SHELL, check=False)  # a system that has none tests with another browser
        missing = _missing()
    if missing and may_install:
        _apt_get("install", "-y", *missing)
    elif missing:
        print(
            f"The tests need your system's packages named {' and '.join(missing)}: install them.",
            file=sys.stderr,
        )
        return 1
    return 0


def _missing() -> list[str]:
    return [package for package, names in PROGRAMS.items() if not any(map(shutil.which, names))]


def _apt_get(*arguments: str, check: bool = True) -> None:
    subprocess.run(
        ["apt-get", "-q", *arguments],
        check=check,
        stdout=subprocess.DEVNULL,
        stderr=None if check else subprocess.DEVNULL,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
    )


if __name__ == "__main__":
    sys.exit(main())
