"""A new secret key under load: sessions, tokens and seals go on, the old key is taken out, and no call fails."""

from demo.main_job import require
from tools.production.installing import Staff, log_in_staff
from tools.production.machine import Machine
from tools.production.using import Callers, Household, serve_for_a_while


def rotate(machine: Machine, commands: dict[str, str], household: Household, staff: Staff) -> str:
    """How many calls were made meanwhile, in words."""
    before = machine.setting("SECRET_KEYS")
    party = household.parties[1]
    callers = Callers(household.granted(party), party, household.logged_in())
    session = log_in_staff(staff)
    with callers.calling():
        machine.run(commands["rotate-know"])
        serve_for_a_while(machine)
        machine.run(commands["rotate-use"])
        serve_for_a_while(machine)
    keys = machine.setting("SECRET_KEYS").split(",")
    require(len(keys) == 2 and keys[1] == before, "the new key does not stand first")
    require(session.open("/admin/").url.endswith("/admin/"), "a session of before is over")
    log_in_staff(staff)  # with the authenticator app that the old key sealed
    later = log_in_staff(staff)
    with Callers(callers.token, party, household.logged_in()).calling():
        machine.run(commands["rotate-forget"])
        serve_for_a_while(machine)
    require(machine.setting("SECRET_KEYS") == keys[0], "the old key is still there")
    require(later.open("/admin/").url.endswith("/admin/"), "a session of the new key is over")
    log_in_staff(staff)
    return ", ".join(f"{count} calls for a {kind}" for kind, count in sorted(callers.counted.items()))
