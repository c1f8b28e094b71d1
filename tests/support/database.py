"""The test databases: one template is migrated and kept, and each run works on a copy of it.

A copy takes less than a second and is as clean as a new database, whatever an interrupted run left behind. The
template's comment says from what it was built; when that changes, the next run builds it anew.
"""

import hashlib
import re
from collections.abc import Callable
from itertools import count
from pathlib import Path

import django
import psycopg
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from cdsc_portal.web import staff_roles
from tools.files import ROOT

_IMPORTED = re.compile(rb"^(?:from|import) ((?:cdsc_portal|accounts|consent|datahub)[\w.]*)", re.MULTILINE)


def use_test_database(*, worker: str, run: str, create: bool) -> psycopg.Connection:
    """Point Django's connection at a copy of the template for this process alone.

    The answered connection holds the copy's name against other runs until it is closed. `worker` is the name of
    pytest's worker, empty without workers; with `create` the template is built anew, once in a `run`.
    """
    settings = connection.settings_dict
    server = psycopg.connect(
        **{**connection.get_connection_params(), "dbname": "postgres", "cursor_factory": psycopg.Cursor},
        autocommit=True,
    )
    if settings["ENGINE"] == "cdsc_portal.embedded_postgres":
        # nobody needs these databases after a crash of the machine: VAR_DIR is deleted then. Autovacuum counts the rows
        # of a test's open transaction as none, and the plans of its statements are made for empty tables
        for name in ("fsync", "full_page_writes", "autovacuum"):
            server.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(name)))
        server.execute("SELECT pg_reload_conf()")
    settings["NAME"] = copy_template(
        server,
        prefix=f"test_{settings['NAME']}",
        worker=worker,
        source=fingerprint(),
        run=run if create else "",
        build=_migrate,
    )
    return server


def copy_template(
    server: psycopg.Connection,
    *,
    prefix: str,
    worker: str,
    source: str,
    run: str,
    build: Callable[[str], None],
) -> str:
    """Make a copy of the template, which `build` fills if it was not built from `source`; return the copy's name.

    With a `run` it must have been built in that very run. Safe when several processes do this at once.
    """
    template = f"{prefix}_template"
    server.execute("SELECT pg_advisory_lock(hashtext(%s))", [template])
    try:
        built_from = _comment(server, template).split()
        if source not in built_from or (run and run not in built_from):
            _create(server, template)
            build(template)
            comment = sql.SQL("COMMENT ON DATABASE {} IS {}")
            server.execute(comment.format(sql.Identifier(template), f"{source} {run}"))
        name = _free_name(server, f"{prefix}_{worker}" if worker else prefix)
        _create(server, name, template=template)
    finally:
        server.execute("SELECT pg_advisory_unlock(hashtext(%s))", [template])
    # a commit that a crash may lose need not wait for the disk
    server.execute(sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(sql.Identifier(name)))
    return name


def fingerprint() -> str:
    """A digest of all that a migrated database is made from.

    Migrations of every app, what they import of ours, and what is written after them: permissions and roles.
    """
    digest = hashlib.sha256(repr(django.VERSION).encode())
    imported: set[bytes] = set()
    for app in apps.get_app_configs():
        for migration in sorted(Path(app.path, "migrations").glob("*.py")):
            content = migration.read_bytes()
            digest.update(migration.name.encode() + content)
            imported.update(_IMPORTED.findall(content))
    for module in sorted(imported):
        path = ROOT / module.decode().replace(".", "/")
        for file in sorted(path.glob("*.py")) or [path.with_suffix(".py")]:
            digest.update(file.read_bytes())
    for model in apps.get_models():
        options = model._meta
        digest.update(repr((options.label, options.default_permissions, options.permissions)).encode())
    digest.update(Path(staff_roles.__file__).read_bytes())
    return digest.hexdigest()


def _migrate(template: str) -> None:
    name = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = template
    call_command("migrate", verbosity=0, interactive=False, run_syncdb=True)
    call_command("createcachetable")
    connection.close()
    connection.settings_dict["NAME"] = name


def _create(server: psycopg.Connection, name: str, *, template: str = "template1") -> None:
    named = {"name": sql.Identifier(name), "template": sql.Identifier(template)}
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {name} WITH (FORCE)").format(**named))
    server.execute(sql.SQL("CREATE DATABASE {name} TEMPLATE {template}").format(**named))


def _comment(server: psycopg.Connection, name: str) -> str:
    query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
    row = server.execute(query, [name]).fetchone()
    return str(row[0] or "") if row else ""


def _free_name(server: psycopg.Connection, wanted: str) -> str:
    """`wanted`, or with a number while another run works on it; the connection keeps it."""
    for number in count(1):
        name = wanted if number == 1 else f"{wanted}_{number}"
        row = server.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [name]).fetchone()
        if row and row[0]:
            return name
    raise AssertionError("count never ends")
