"""Which files belong to the project: what git tracks, and what is new and not ignored."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APPS = ("cdsc_portal", "accounts", "consent", "datahub")


def project_files(*patterns: str) -> list[Path]:
    """Paths of the project that match, or all of them; sorted."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return sorted(path for line in listed.splitlines() if (path := ROOT / line).is_file())
