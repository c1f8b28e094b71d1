"""`make soak`: kill worker, database, Redis, web server and nginx while feeds load and readers read, fill the disk,
then compare every reading, mail and stop.

    python -m tools.soak [--kills 200] [--seed NUMBER]

Servers and files of its own in a temporary folder; nothing else is touched. Exit status 0: every reading is there
once, exactly, every count adds up, no mail and no stop was lost.
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
from tools.soak.own_redis import OwnRedis


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    options = parser.parse_args()
    began = time.monotonic()
    print(f"soak: {options.kills} kills, --seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="cdsc-soak-") as folder:
        Path(folder).chmod(0o711)  # the database's folder in it may be another user's
        with OwnPostgres(Path(folder) / "postgres") as postgres, OwnRedis() as redis:
            summary = _soak(postgres, redis, Path(folder) / "var", options.kills, options.seed)
    print(f"{summary} in {time.monotonic() - began:.0f} s", flush=True)
    return 0


def _soak(postgres: OwnPostgres, redis: OwnRedis, var_dir: Path, kills: int, seed: int) -> str:
    os.environ.update(DEVELOPMENT="1", DATABASE_URL=postgres.url, REDIS_URL=redis.url, VAR_DIR=str(var_dir))
    os.environ["DJANGO_SETTINGS_MODULE"] = "cdsc_portal.settings"
    import django

    django.setup()
    from tools.soak.course import Soak
    from tools.soak.disk import fill_disk
    from tools.soak.front import Front

    front = Front(var_dir)
    soak = Soak(random.Random(seed), postgres, redis, front, var_dir)  # noqa: S311 - moments, no secrets
    try:
        soak.prepare()
        soak.run(kills)
        seen = front.end(sweep=soak.send_mail)
        front.close()
        return f"{seen}; {fill_disk(soak)}; {soak.compare()}"
    except AssertionError:
        for log in sorted(var_dir.glob("*.log")):  # they go with the folder
            print(f"{log.name}:\n{log.read_text(errors='replace')[-3_000:]}", file=sys.stderr)
        print(f"killed {dict(soak.killed)}", file=sys.stderr)
        raise
    finally:
        front.close()
        soak.kill_worker()


if __name__ == "__main__":
    sys.exit(main())
