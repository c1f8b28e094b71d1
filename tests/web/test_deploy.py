"""What `deploy/` has starts every process, with settings there are, and keeps secrets out of logs."""

import configparser
import http.client
import re
import shlex
import shutil
import socket
import ssl
import subprocess
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cdsc_portal.background import SILENT_AFTER
from cdsc_portal.env import Environment
from tests.spec.routes import routes
from tools.files import ROOT

DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
OURS = ("migrate", "web", *(f"worker-{name}" for name in SILENT_AFTER), "beat")
SETTINGS = {name.upper() for name in Environment.model_fields}
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"


def commands_of_units() -> dict[str, list[str]]:
    units = {}
    for path in sorted((DEPLOY / "systemd").glob("*.service")):
        unit = configparser.ConfigParser(interpolation=None, strict=False)
        unit.optionxform = str
        unit.read_string(path.read_text())
        command = shlex.split(unit["Service"]["ExecStart"])
        target = (DEPLOY / "systemd" / "cdsc-portal.target").read_text()
        for name, instance in re.findall(rf"({re.escape(path.stem)}(\S*))\.service", target):
            units[name] = [argument.replace("%i", instance) for argument in command]
    return units


def commands_of_services() -> dict[str, list[str]]:
    return {name: COMPOSE["services"][name]["command"] for name in OURS}


def queues_of(command: list[str]) -> set[str]:
    return {command[command.index("--queues") + 1]} if "--queues" in command else set()


@pytest.mark.parametrize("commands", [commands_of_units(), commands_of_services()], ids=["units", "compose"])
def test_every_process_is_started_and_every_queue_has_one_worker(commands):
    run = {" ".join([command[0].rpartition("/")[2], *command[1:]]) for command in commands.values()}
    served = [queue for command in commands.values() for queue in queues_of(command)]

    assert {line.partition(" ")[0] for line in run} == {"cdsc-portal"}
    assert any(line.startswith("cdsc-portal web --bind") for line in run)
    assert "cdsc-portal beat" in run
    assert sorted(served) == sorted(SILENT_AFTER)


def test_every_variable_is_a_setting():
    named = set(COMPOSE["services"]["web"]["environment"])
    lines = (DEPLOY / "portal.env.example").read_text().splitlines()
    named |= {line.split("=")[0] for line in lines if line and not line.startswith("#")}

    assert {name.removesuffix("_FILE") for name in named - SETTINGS} - SETTINGS == set()


def test_no_container_of_ours_is_root_or_writes_to_its_image():
    for name in OURS:
        service = COMPOSE["services"][name]
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"]), name
    last_user = re.findall(r"^USER (.+)$", (DEPLOY / "Containerfile").read_text(), re.MULTILINE)[-1]
    assert last_user == "10001:10001"
    assert set(COMPOSE["services"]["web"]["secrets"]) <= set(COMPOSE["secrets"])


def test_the_image_holds_all_that_the_product_runs_by():
    copied = re.findall(r"^COPY (?!--)(.+) \S+$", (DEPLOY / "Containerfile").read_text(), re.MULTILINE)
    names = {name.rstrip("/") for line in copied for name in line.split()}

    assert names == {
        "requirements",
        "LICENSE",
        "dist/*.whl",
    }  # what the wheel holds: tests/deploy/test_wheel.py


def test_units_are_what_systemd_reads(tmp_path):
    analyze = shutil.which("systemd-analyze")
    for path in sorted((DEPLOY / "systemd").iterdir()):
        text = path.read_text().replace("/opt/cdsc-portal/.venv/bin/", f"{ROOT}/.venv/bin/")
        (tmp_path / path.name).write_text(text)
        assert "NoNewPrivileges=yes" in text or path.suffix != ".service"
        # else SIGTERM would end tasks and answers half-way
        assert "KillMode=mixed\n" in text or path.suffix != ".service"
        # under ProtectSystem=strict these alone can be written: VAR_DIR and CONSENT_JOURNAL
        assert "StateDirectory=cdsc-portal cdsc-journal\n" in text or path.suffix != ".service"
    if analyze:  # a machine without systemd runs no unit either
        units = [str(path) for path in sorted(tmp_path.iterdir())]
        result = subprocess.run([analyze, "verify", "--man=no", *units], capture_output=True, text=True)
        ours = [line for line in result.stderr.splitlines() if "cdsc-portal" in line]
        assert ours == []


class _Upstream(BaseHTTPRequestHandler):
    seen: list[dict[str, str]] = []

    def do_GET(self):
        self.seen.append({"path": self.path, **self.headers})
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_args):
        pass


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _certificate(folder) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "share.utility.example.com")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "portal.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "portal.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


@pytest.fixture
def proxy(tmp_path):
    """(port of TLS, path of the log): nginx with the file of `deploy/`, before a server that answers everything."""
    upstream = ThreadingHTTPServer(("127.0.0.1", 0), _Upstream)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    _Upstream.seen.clear()
    _certificate(tmp_path)
    plain, tls = _free_port(), _free_port()
    site = (DEPLOY / "nginx" / "cdsc-portal.conf").read_text()
    for place, here in (
        ("/etc/nginx/tls", str(tmp_path)),
        ("/var/log/nginx", str(tmp_path)),
        ("web:8000", f"127.0.0.1:{upstream.server_port}"),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ", f"listen 127.0.0.1:{tls} "),
    ):
        assert place in site
        site = site.replace(place, here)
    (tmp_path / "site.conf").write_text(site)
    temporary = "".join(
        f"{name}_temp_path {tmp_path}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; daemon off; worker_processes 1; events {{}} "
        f"http {{ {temporary} include {tmp_path}/site.conf; }}"
    )
    command = [NGINX, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "error")]
    subprocess.run([*command, "-t"], check=True, capture_output=True)
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        _wait_for(tls)
        yield tls, tmp_path / "portal.log"
        server.terminate()
    upstream.shutdown()


def _wait_for(port: int) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("nginx does not listen")


@pytest.mark.spec("X-18")
def test_the_proxy_forwards_one_address_and_logs_nothing_that_opens_something(proxy):
    port, log = proxy
    trusting = ssl._create_unverified_context()
    secret = "s3cretk3y"
    paths = [
        route.path.replace("/1", f"/{secret}")
        for route in routes()
        if {"key", "secret", "uidb36"} & set(route.arguments)
    ]

    for path in [*paths, "/my/?typed=s3cretk3y", "/health/ready"]:
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=trusting)
        headers = {
            "Host": "share.utility.example.com",
            "X-Forwarded-For": "198.51.100.7",
            "Forwarded": "for=x",
        }
        connection.request("GET", path, headers=headers)
        assert connection.getresponse().status == 200, path
        connection.close()

    last = time.monotonic() + 30  # a line is written after its answer
    while len(log.read_text().splitlines()) < len(paths) + 2 and time.monotonic() < last:
        time.sleep(0.1)
    logged = log.read_text()
    forwarded = {
        (seen["X-Forwarded-For"], seen["X-Forwarded-Proto"])
        for seen in _Upstream.seen
        if "receipts" in seen["path"]
    }
    assert len(paths) > 5
    assert len(logged.splitlines()) == len(paths) + 2
    assert secret not in logged
    assert forwarded == {("127.0.0.1", "https")}
    assert not any("Forwarded" in seen for seen in _Upstream.seen)
