"""Find what the tests run beside Python; where we are root on Debian, install it; else say what to install.

Chromium opens the pages, curl is what the sandbox guide tells its readers to use, nginx stands before the portal,
PgBouncer between it and the database, and node runs a third party's program on a library of its language.
"""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
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
    missing = [package for package, names in PROGRAMS.items() if not any(map(shutil.which, names))]
    if not missing:
        return 0
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing {' and '.join(missing)} for the tests ...", flush=True)
        quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
        subprocess.run(["apt-get", "update", "-q"], check=True, **quiet)  # type: ignore[call-overload]
        subprocess.run(["apt-get", "install", "-y", "-q", *missing], check=True, **quiet)  # type: ignore[call-overload]
        return 0
    print(
        f"The tests need your system's packages named {' and '.join(missing)}: install them.",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
