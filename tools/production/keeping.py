"""A backup, a stop after it, and a restore that does not revive what was stopped."""

import time

from demo.main_job import require
from tools.production.machine import READY, Machine
from tools.production.using import Household

_BACKUP = "/var/backups/cdsc-portal/2026-12-01"  # as the document calls it


def back_up(machine: Machine, commands: dict[str, str]) -> None:
    printed = machine.run(commands["backup"])
    require("files as they were written" in printed, printed)


def web_refuses_a_database_of_before(
    machine: Machine, commands: dict[str, str], token: str, household: Household
) -> None:
    """Restored by pg_restore alone: no web server starts on it; after `after_restore` one does, and the stop holds."""
    machine.run("systemctl stop cdsc-portal.target\n")
    machine.run(
        "runuser -u postgres -- psql --command 'CREATE DATABASE by_hand OWNER portal'\n"
        f"runuser -u postgres -- pg_restore --role portal --dbname by_hand {_BACKUP}/database\n"
    )
    url = machine.setting("DATABASE_URL")
    machine.edit_settings(DATABASE_URL=url.rpartition("/")[0] + "/by_hand")
    machine.start("cdsc-portal-web")
    until = time.monotonic() + 60
    while machine.processes.is_running("cdsc-portal-web"):
        require(time.monotonic() < until, "a web server serves a database that is behind the journal")
        time.sleep(0.2)
    log = machine.processes.tail("cdsc-portal-web")
    require("after_restore" in log, f"the web server does not say why it does not start: {log}")
    machine.processes.kill("cdsc-portal-web")
    machine.run(commands["after-restore"])
    machine.start("cdsc-portal-web")
    machine.run(READY)
    stays_dead(token, household)
    machine.processes.kill("cdsc-portal-web")
    machine.edit_settings(DATABASE_URL=url)


def restore(machine: Machine, commands: dict[str, str], token: str, household: Household) -> None:
    printed = machine.run(commands["restore"])
    machine.run(READY)
    require("1 grants ended or paused again" in printed, printed)
    stays_dead(token, household)


def stays_dead(token: str, household: Household) -> None:
    status = household.parties[0].get("/usage_sums", token, by="month").status_code
    require(status == 401, f"what the customer stopped is open again after a restore: {status}")
    household.logged_in()
