"""`make check`: every check that needs no running server, in order; all run, the exit code tells if one failed."""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PYTHON = sys.executable

# What a production server would be started with; invented, and only ever read by the checks.
PRODUCTION = {
    "DEVELOPMENT": "0",
    "SECRET_KEY": "check-" + "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "PUBLIC_URL": "https://share.utility.example.com",
    "ALLOWED_HOSTS": "share.utility.example.com",
    "SECURE_PROXY": "1",
    "MAIL_FROM": "Valley Power <sharing@valley-power.test>",
    "UTILITY_NAME": "Valley Power",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "CACHE_URL": "redis://127.0.0.1:1/1",
    "MAIL_URL": "smtps://portal:invented@mail.example.com",
    "VAR_DIR": str(ROOT / "var" / "check"),
    "CONSENT_JOURNAL": str(ROOT / "var" / "check" / "journal"),
}
NO_DATABASE = "postgresql://nobody@127.0.0.1:1/none"

CHECKS: list[tuple[str, list[str]]] = [
    ("lint", [str(BIN / "ruff"), "check", "."]),
    ("format", [str(BIN / "ruff"), "format", "--check", "."]),
    ("types", [str(BIN / "mypy")]),
    ("imports", [str(BIN / "lint-imports")]),
    (
        "deployment",
        [PYTHON, "-W", "error::UserWarning", "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
    ),
    ("migrations are complete", [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"]),
    ("migrations only expand", [PYTHON, "-m", "tools.migration_lint"]),
    ("templates", [PYTHON, "-m", "tools.template_lint"]),
    ("tables of the API guide", [PYTHON, "-m", "tools.api_tables", "--check"]),
    ("messages", [PYTHON, "-m", "tools.messages", "--check"]),
    ("documents", [PYTHON, "-m", "tools.documents"]),
    ("sizes", [PYTHON, "-m", "tools.sizes"]),
    ("forbidden strings", [PYTHON, "-m", "tools.forbidden_strings"]),
    ("retired names", [PYTHON, "-m", "tools.forbidden_names"]),
]


def main() -> int:
    failed = [name for name, command in CHECKS if not _passes(name, command)]
    print(f"check: {len(CHECKS) - len(failed)} passed, {len(failed)} failed", *failed, sep="\n  ")
    return bool(failed)


def _passes(name: str, command: list[str]) -> bool:
    began = time.monotonic()
    result = subprocess.run(command, cwd=ROOT, env=_environment(name), capture_output=True, text=True)
    word = "ok" if result.returncode == 0 else "FAILED"
    print(f"{word:7}{name} ({time.monotonic() - began:.1f} s)", flush=True)
    if result.returncode or name == "sizes":
        print((result.stdout + result.stderr)[-6000:], flush=True)
    return result.returncode == 0


def _environment(name: str) -> dict[str, str]:
    """Development settings for all but the deployment check; no check reads a table, so none starts a server."""
    if name == "deployment":
        return {**os.environ, **PRODUCTION, "DATABASE_URL": NO_DATABASE}
    development = {"DEVELOPMENT": "1", "VAR_DIR": str(ROOT / "var" / "test"), "DATABASE_URL": NO_DATABASE}
    return {**os.environ, **development}


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
