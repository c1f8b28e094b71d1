"""`make production-test` runs the document's own commands: which they are, and what it starts of the units."""

import os
import re
import smtplib
import socket
import sys
from dataclasses import replace

import pytest

from cdsc_portal.background import SILENT_AFTER
from tools.files import ROOT
from tools.production import needs, upgrading
from tools.production.document import NOT_RUN, PAGES, Block, blocks, named_blocks, pieces
from tools.production.machine import CommandFailedError, Machine
from tools.production.needs import LackingError, install_packages
from tools.production.outside import MailServer
from tools.production.typing_person import NoQuestionError, type_answers
from tools.production.units import environment_of, sockets_of, units_of
from tools.production.upgrading import release_before


def all_blocks():
    for path in PAGES:
        yield from blocks((ROOT / path).read_text(encoding="utf-8"))


def test_each_block_of_the_documents_is_run_or_has_a_reason():
    silent = {block.first_line for block in all_blocks() if not block.name}

    assert silent == set(NOT_RUN)
    assert all(NOT_RUN.values())


def test_the_install_chapter_is_run_whole():
    page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    chapter = page.split("\n## Install\n")[1].split("\n## ")[0]

    assert chapter.count("```") == 2 * len(list(blocks(chapter)))
    assert all(block.name for block in blocks(chapter))


def test_each_named_block_has_a_step_that_runs_it():
    used = set()
    for module in (ROOT / "tools/production").glob("*.py"):
        used |= set(re.findall(r"commands\[\"([a-z-]+)\"\]", module.read_text(encoding="utf-8")))

    assert used == set(named_blocks())


def test_a_block_is_read_with_its_name_and_its_lines():
    page = "Text\n\n```sh start\nfirst\nsecond\n```\n\n```sql\nSELECT 1;\n```\n\n```\nplain\n```\n"

    assert list(blocks(page)) == [
        Block("start", "first\nsecond\n"),
        Block("", "SELECT 1;\n"),
        Block("", "plain\n"),
    ]


def test_two_blocks_of_one_name_are_refused(monkeypatch, tmp_path):
    (tmp_path / "a.md").write_text("```sh x\n1\n```\n```sh x\n2\n```\n")
    monkeypatch.setattr("tools.production.document.ROOT", tmp_path)
    monkeypatch.setattr("tools.production.document.PAGES", ("a.md",))

    with pytest.raises(ValueError, match="two blocks are named x"):
        named_blocks()


def test_lines_for_systemd_are_cut_out_in_their_order():
    commands = "cp a b\nsystemctl daemon-reload\nsystemctl start x\nx <<END\n a systemctl y\nEND\n"

    assert list(pieces(commands)) == [
        (False, "cp a b\n"),
        (True, "systemctl daemon-reload"),
        (True, "systemctl start x"),
        (False, "x <<END\n a systemctl y\nEND\n"),
    ]


def test_an_environment_file_is_read_as_systemd_reads_it():
    text = "# comment\n; another\nNAME='Valley Power'\nURL=\"smtp://a:b=c@d\"\nEMPTY=\n\nBARE=x y \n"

    assert environment_of(text) == {
        "NAME": "Valley Power",
        "URL": "smtp://a:b=c@d",
        "EMPTY": "",
        "BARE": "x y",
    }


def test_units_say_what_each_process_is_started_with(tmp_path):
    units = {unit.name: unit for unit in units_of(ROOT / "deploy/systemd", "cdsc-portal.target")}

    workers = {name.removeprefix("cdsc-portal-worker@") for name in units if "@" in name}
    feeds = units["cdsc-portal-worker@feeds"]
    settings = tmp_path / "portal.env"
    settings.write_text("PUBLIC_URL=https://a\n")
    assert workers == set(SILENT_AFTER)
    assert feeds.command.endswith("--queues feeds --concurrency ${CONCURRENCY}")
    assert feeds.state_folders == ("cdsc-portal", "cdsc-journal")
    assert (feeds.umask, feeds.stop_seconds, feeds.first_alone) == (0o077, 600, True)
    assert list(sockets_of(ROOT / "deploy/systemd", "cdsc-portal.target")) == [
        ("cdsc-portal-web", "127.0.0.1:8000", 2048)
    ]
    assert str(feeds.environment_file) == "/etc/cdsc-portal/portal.env"
    assert feeds.working_directory == "/opt/cdsc-portal"
    assert replace(feeds, environment_file=settings).arguments()[-4:] == [
        "--queues",
        "feeds",
        "--concurrency",
        "1",
    ]
    settings.write_text("CONCURRENCY=4\n")
    assert replace(feeds, environment_file=settings).arguments()[-1] == "4"


def test_a_command_leads_to_the_machines_own_places_and_address(tmp_path):
    machine = Machine(tmp_path / "root", "127.9.8.7")

    here = machine.here(
        "cp /opt/cdsc-portal-releases/x/a /etc/nginx/b; curl http://127.0.0.1:8000/etc/nginx/c; allow 127.0.0.1;"
    )

    root = tmp_path / "root"
    assert here == (
        f"cp {root}/opt/cdsc-portal-releases/x/a {root}/etc/nginx/b; "
        "curl http://127.9.8.7:8000/etc/nginx/c; allow 127.0.0.1;"
    )


def test_what_fails_is_named_with_what_it_printed(tmp_path):
    tmp_path.chmod(0o755)
    machine = Machine(tmp_path / "root", "127.9.8.7")

    assert machine.run("x=1\necho $x\n") == "1\n"
    with pytest.raises(CommandFailedError, match="no such thing"):
        machine.run("echo no such thing; false\n")
    with pytest.raises(CommandFailedError, match="knows no `systemctl poweroff`"):
        machine.run("systemctl poweroff\n")
    assert machine.run("apt-get install --yes anything\n") == ""


def test_a_person_at_a_terminal_answers_each_question():
    script = "import getpass, sys; print(input('Name: '), getpass.getpass() == 'secret')"
    answers = {"Name:": "Ann", "Password:": "secret"}

    assert "Ann True" in type_answers([sys.executable, "-c", script], answers, os.environ)
    with pytest.raises(NoQuestionError):
        type_answers([sys.executable, "-c", "print('no')"], answers, os.environ)


def test_the_release_before_is_chosen_and_said_in_words(monkeypatch):
    answers = {"tag": "v1.3.0\nv1.2.0\n", "log": "abc\n", "rev-parse": "def\n"}
    monkeypatch.setattr(upgrading, "_git", lambda *words: answers[words[0]])

    assert release_before("1234") == ("1234", "commit 1234, as chosen")
    assert release_before() == ("v1.3.0", "the newest tag, v1.3.0")
    answers["tag"] = ""
    commit, why = release_before()
    assert commit == "def"
    assert "there is no tag" in why


def test_a_file_that_loads_meanwhile_has_another_value_each_time():
    rows = ["meter,start,value,quality", "1,2026-11-01,5,actual", "1,2026-11-02,,actual"]

    first, second = upgrading.changed(rows, 0), upgrading.changed(rows, 1)

    assert first == [rows[0], "1,2026-11-01,6,actual", rows[2]]
    assert second == [*rows[:2], "1,2026-11-02,1,actual"]


def test_a_mail_server_keeps_what_it_is_sent():
    server = MailServer("127.0.0.1")
    try:
        with smtplib.SMTP("127.0.0.1", server.port, timeout=20) as client:
            client.sendmail("a@example.com", ["b@example.com"], "Subject: Your code: 123456\r\n\r\nHello")
        assert server.wait_for(r"Your code: (\d{6})", seconds=20)[1] == "123456"
        with pytest.raises(LookupError, match="1 came"):
            server.wait_for("nothing", seconds=0.1)
    finally:
        server.shutdown()
        server.server_close()


def test_what_the_machine_lacks_is_named_and_nothing_is_skipped(monkeypatch):
    installed = []
    monkeypatch.setattr(needs, "apt_get", lambda *words: installed.append(words))
    monkeypatch.setattr(needs, "SHOWN_BY", needs.SHOWN_BY | {"redis-server": ("no-such-program",)})
    line = "apt-get install --yes redis-server curl\n"

    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(LackingError, match="packages redis-server: install them"):
        install_packages(line)
    assert installed == []

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(needs.shutil, "which", {"apt-get": "x", "curl": "x", "initdb": "x"}.get)
    install_packages(line)
    assert installed == [("update",), ("install", "-y", "redis-server")]


def test_each_package_of_the_document_is_known():
    (line,) = re.findall(r"^apt-get install --yes (.+)$", named_blocks()["packages"], re.M)

    assert set(line.split()) == set(needs.SHOWN_BY)


def test_an_address_at_which_somebody_listens_is_not_taken(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(needs, "PORTS", (taken.getsockname()[1],))
        assert needs.own_address().startswith("127.")
    with socket.create_server(("0.0.0.0", 0)) as everywhere:
        port = everywhere.getsockname()[1]
        monkeypatch.setattr(needs, "PORTS", (port,))
        with pytest.raises(LackingError, match=f"ports {port}"):
            needs.own_address()
