"""What the machine must have: the packages of the document's own line, and free ports at an address of our own."""

import glob
import os
import random
import re
import shutil
import socket
import subprocess

from tools.browser import apt_get, missing

# by package: what shows that it is there
SHOWN_BY = {
    "postgresql": ("psql", "pg_createcluster"),
    "redis-server": ("redis-server",),
    "nginx": ("nginx", "/usr/sbin/nginx"),
    "python3-venv": ("/usr/bin/python3",),
    "openssl": ("openssl",),
    "curl": ("curl",),
}
PORTS = (80, 443, 5432, 6379, 8000)


class LackingError(RuntimeError):
    """What the machine lacks, in words."""


def install_packages(packages_block: str) -> None:
    """Those of the line `apt-get install`, where they are missing. Raises LackingError."""
    (line,) = re.findall(r"^apt-get install --yes (.+)$", packages_block, re.M)
    programs = {package: SHOWN_BY[package] for package in line.split()}
    if packages := missing(programs):
        if os.geteuid() or not shutil.which("apt-get"):
            raise LackingError(f"packages {', '.join(packages)}: install them, or run as root on Debian")
        apt_get("update")
        apt_get("install", "-y", *packages)
    if not glob.glob("/usr/lib/postgresql/*/bin/initdb") and not shutil.which("initdb"):
        raise LackingError("a PostgreSQL server: Debian's package postgresql")
    version = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))"
    if subprocess.run(["/usr/bin/python3", "-c", version], capture_output=True).returncode:
        raise LackingError("/usr/bin/python3 of version 3.11 or newer, with its package venv")


def own_address() -> str:
    """An address of this machine alone at which all PORTS are free. Raises LackingError."""
    for _attempt in range(20):
        address = f"127.{random.randint(1, 254)}.{random.randint(1, 254)}.{random.randint(2, 254)}"  # noqa: S311
        refused = [port for port in PORTS if not _can_listen(address, port)]
        if not refused:
            return address
    raise LackingError(
        f"ports {', '.join(map(str, refused))} of 127.0.0.0/8: stop who listens at all addresses, or be root"
    )


def _can_listen(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True
