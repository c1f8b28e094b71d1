"""From an empty folder to a login over TLS: the chapter "On a machine of your own"."""

import hmac
import re
import secrets
import shutil
import struct
import tempfile
import time
from base64 import b32decode
from dataclasses import dataclass, field
from pathlib import Path

from demo.browser_session import BrowserSession, Page
from demo.main_job import require
from tools.files import ROOT, project_files
from tools.production.machine import Machine
from tools.production.outside import MailServer, write_certificates
from tools.release.__main__ import build, container_context

HOST = "share.utility.example.com"
ORIGIN = f"https://{HOST}"
STAFF = "admin@utility.example.com"


@dataclass(slots=True)
class Staff:
    """The first of staff, with an authenticator app."""

    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    link: str = ""
    app_key: str = ""
    used: int = 0  # the step of the last code: none counts twice


def working_tree(folder: Path) -> Path:
    """A copy of what git would take."""
    tree = folder / "tree"
    for path in project_files():
        copy = tree / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    return tree


def lay_container_context(tree: Path, into: Path) -> Path:
    """Build the wheel and pack it into a new folder, as `make release` does."""
    into.mkdir()
    with tempfile.TemporaryDirectory(prefix="cdsc-production-") as made:
        wheel, _source = build(tree, Path(made))
        version = wheel.name.split("-")[1]
        return container_context(tree, wheel, into / f"cdsc_portal-{version}-container.tar.gz")


def install_product(machine: Machine, commands: dict[str, str], empty: Path) -> None:
    machine.run(commands["packages"])
    machine.run(commands["product"], folder=empty)
    for release in machine.place("/opt/cdsc-portal-releases").iterdir():
        machine.here_files(release / "deploy")
    machine.run(commands["current"])


def write_settings(machine: Machine, commands: dict[str, str], mail: MailServer) -> None:
    """As documented, then edited as an administrator would: names, mail, and fewer processes for a busy machine."""
    machine.run(commands["settings"])
    machine.edit_settings(
        PUBLIC_URL=ORIGIN, UTILITY_NAME="Valley Power", MAIL_FROM="Valley Power <sharing@valley-power.test>",
        MAIL_URL=f"smtp://{mail.server_address[0]!s}:{mail.port}", WEB_PROCESSES="2",
    )  # fmt: skip


def migrate_and_check(machine: Machine, commands: dict[str, str], *, has_warnings: bool = False) -> None:
    printed = machine.run(commands["database"])
    require(has_warnings or "no issues" in printed, f"check --deploy said:\n{printed}")


def put_proxy_in_front(machine: Machine, commands: dict[str, str]) -> Path:
    """Returns the file of the authority that signed its certificate."""
    tls, authority = machine.place("/etc/nginx/tls"), machine.root / "authority.pem"
    write_certificates(HOST, authority=authority, certificate=tls / "portal.pem", key=tls / "portal.key")
    machine.run(commands["proxy"])
    return authority


def make_first_staff(machine: Machine, commands: dict[str, str], staff: Staff) -> None:
    create, link = commands["staff"].splitlines()
    answers = {"Password:": staff.password, "Password (again):": staff.password}
    machine.run_typing(create, answers)
    printed = machine.run(link)
    (staff.link,) = re.findall(rf"^{re.escape(ORIGIN)}/\S+$", printed, re.M)


def log_in_staff_first(staff: Staff) -> None:
    """Over TLS: the password, the link, an authenticator app, and the pages of staff."""
    browser = BrowserSession(ORIGIN)
    browser.open(staff.link)
    browser.log_in(browser.open("/accounts/login/"), STAFF, staff.password)
    browser.open(staff.link)
    page = browser.open("/accounts/app/add/")
    (staff.app_key,) = page.document.xpath("//code[@class='app-key']/text()")
    page = browser.submit(page, page.form_with("code"), fill={"code": app_code(staff)})
    require(_is_staffs_page(browser.open("/admin/")), f"no page of staff: {page.words[:300]}")


def log_in_staff(staff: Staff) -> BrowserSession:
    """In another browser, with a code of the app."""
    browser = BrowserSession(ORIGIN)
    page = browser.log_in(browser.open("/accounts/login/"), STAFF, staff.password)
    page = browser.submit(page, page.form_with("code"), fill={"code": app_code(staff)})
    require(_is_staffs_page(browser.open("/admin/")), f"no page of staff: {page.words[:300]}")
    return browser


def _is_staffs_page(page: Page) -> bool:
    return page.status == 200 and page.url.endswith("/admin/") and "Log out" in page.words


def app_code(staff: Staff) -> str:
    """The six digits that the app shows now (RFC 6238); of a step later than those before."""
    while (step := int(time.time()) // 30) <= staff.used:
        time.sleep(0.5)
    staff.used = step
    digest = hmac.digest(b32decode(staff.app_key), struct.pack(">Q", step), "sha1")
    place = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[place : place + 4])[0] & 0x7FFFFFFF) % 10**6:06}"
