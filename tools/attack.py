"""`make attack`: a server of its own is called 20,000 times by clients that ask for what they were not given.

    python -m tools.attack [--calls 20000] [--seed NUMBER]

Servers and files under `var/attack` only, calls over loopback only. Exit status 0: nothing left that had not been
granted, no answer was a fault of the server, and each release was disclosed once.
"""

import argparse
import os
import secrets
import shutil
import sys
import time

from cdsc_portal import embedded_postgres
from demo import __main__ as demo
from demo import processes as running
from demo.processes import Processes, StartError
from tools.files import ROOT

VAR_DIR = ROOT / "var" / "attack"
_SHOWN = 20  # findings


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    options = parser.parse_args()
    embedded_postgres.stop(VAR_DIR / "postgres")
    shutil.rmtree(VAR_DIR, ignore_errors=True)
    os.environ.pop("DATABASE_URL", None)  # nobody else's database is attacked
    port = running.free_port()
    try:
        with demo.stack(VAR_DIR, port) as processes:
            return _attack(processes, port, options.calls, options.seed)
    except StartError as error:
        print(error, file=sys.stderr)
        return 1


def _attack(processes: Processes, port: int, calls: int, seed: int) -> int:
    from demo import installation

    made = installation.prepare(VAR_DIR, port=port, months=demo.SMOKE_MONTHS)
    running.start_server(processes, port)
    demo.wait_for_web(processes, port)
    made.load(processes)
    from tools.attacking import Attack  # knows models, so not before there are settings

    print(f"attack: {calls} calls, --seed {seed}", flush=True)
    began = time.monotonic()
    attack = Attack(made, seed=seed)
    attack.prepare()
    attack.run(calls)
    attack.compare_disclosures()
    statuses = ", ".join(f"{status}: {count}" for status, count in sorted(attack.statuses.items()))
    for finding in attack.findings[:_SHOWN]:
        print(f"  {finding}", flush=True)
    print(
        f"attack: {attack.made} calls in {time.monotonic() - began:.0f} s ({statuses}); "
        f"{attack.released} releases of {len(attack.holders)} grants compared; {len(attack.findings)} findings",
        flush=True,
    )
    return 1 if attack.findings else 0


if __name__ == "__main__":
    sys.exit(main())
