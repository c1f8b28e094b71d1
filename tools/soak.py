"""`make soak`: kill worker, database and broker while feeds load, fill the disk, then compare every reading.

    python -m tools.soak [--kills 200] [--seed NUMBER]

Servers and files of its own in a temporary folder; nothing else is touched. Exit status 0: every reading is there
once, exactly, and every count adds up.
"""

import argparse
import os
import random
import secrets
import sys
import tempfile
import time
from pathlib import Path

from tools.own_postgres import OwnPostgres


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    options = parser.parse_args()
    began = time.monotonic()
    print(f"soak: {options.kills} kills, --seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="cdsc-soak-") as folder:
        Path(folder).chmod(0o711)  # the database's folder in it may be another user's
        with OwnPostgres(Path(folder) / "postgres") as postgres:
            summary = _soak(postgres, Path(folder) / "var", options.kills, options.seed)
    print(f"{summary} in {time.monotonic() - began:.0f} s", flush=True)
    return 0


def _soak(postgres: OwnPostgres, var_dir: Path, kills: int, seed: int) -> str:
    os.environ.update(DEVELOPMENT="1", DATABASE_URL=postgres.url, REDIS_URL="", VAR_DIR=str(var_dir))
    os.environ["DJANGO_SETTINGS_MODULE"] = "cdsc_portal.settings"
    import django

    django.setup()
    from tools.soaking import Soak
    from tools.soaking_disk import fill_disk

    soak = Soak(random.Random(seed), postgres, var_dir)  # noqa: S311 - moments, no secrets
    try:
        soak.prepare()
        soak.run(kills)
        return f"{fill_disk(soak)}; {soak.compare()}"
    finally:
        soak.kill_worker()


if __name__ == "__main__":
    sys.exit(main())
