"""Find Chromium for the browser tests; where we are root on Debian, install it; else say what to install."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main() -> int:
    if any(shutil.which(name) for name in NAMES):
        return 0
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Chromium for the browser tests ...", flush=True)
        quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
        subprocess.run(["apt-get", "update", "-q"], check=True, **quiet)  # type: ignore[call-overload]
        subprocess.run(["apt-get", "install", "-y", "-q", "chromium"], check=True, **quiet)  # type: ignore[call-overload]
        return 0
    print("The browser tests need Chromium: install your system's package named chromium.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
