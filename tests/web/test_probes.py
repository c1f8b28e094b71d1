"""The probes of processes without a port: fresh while they go round their loop, old once they hang."""

import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
import yaml

from cdsc_portal.lib.runtime.alive_sign import note_alive
from tests.support.workers import start_worker, surroundings, wait_until
from tools.files import ROOT

COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())


def probe_of(service, file, *, seconds):
    """What compose runs, on this machine's file, with another patience."""
    kind, command = COMPOSE["services"][service]["healthcheck"]["test"]
    assert kind == "CMD-SHELL" and "/tmp/alive" in command and "60 seconds" in command
    command = command.replace("$$", "$").replace("/tmp/alive", str(file)).replace("60 ", f"{seconds} ")
    return lambda: subprocess.run(["sh", "-c", command], stderr=subprocess.DEVNULL).returncode == 0


@contextmanager
def hanging(process):
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("service", ["worker-feeds", "beat"])
def test_the_probe_of_a_process_without_a_port_sees_whether_it_goes_on(tmp_path, service):
    file = tmp_path / "alive"
    is_alive = probe_of(service, file, seconds=8)
    assert not is_alive()
    with surroundings("filesystem", tmp_path) as environment:
        environment |= {"ALIVE_SIGN": str(file)}
        if service == "beat":
            command = [sys.executable, "-m", "celery", "-A", "cdsc_portal", "beat", "--loglevel=ERROR"]
            process = subprocess.Popen(command, env=environment)
        else:
            process = start_worker(environment, "--queues", "feeds")
        try:
            wait_until(is_alive)
            with hanging(process):
                wait_until(lambda: not is_alive())
            wait_until(is_alive)
        finally:
            process.kill()
            process.wait()


def test_every_process_without_a_port_has_one_and_a_file_of_its_own():
    alone = [name for name in COMPOSE["services"] if name.startswith("worker-") or name == "beat"]

    assert len(alone) == 7
    for name in alone:
        service = COMPOSE["services"][name]
        assert service["healthcheck"]["test"][0] == "CMD-SHELL", name
        assert service["environment"]["ALIVE_SIGN"].startswith("/tmp/") and "/tmp" in service["tmpfs"], name


def test_a_file_that_cannot_be_touched_ends_nobody(tmp_path):
    note_alive(tmp_path / "not" / "there")
    note_alive(None)

    assert not list(tmp_path.iterdir())
