"""What is installed is whole: started outside any checkout, it serves styled pages in both languages."""

import json
import re
import subprocess
import tarfile
import zipfile

import pytest
import requests
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from django.apps import apps
from lxml import html

from cdsc_portal.web.staff_roles import ADMINISTRATOR, OURS, ROLES
from tests.deploy.installed import built_wheel, environment, installed, own_postgres, serving
from tools.files import ROOT
from tools.release.__main__ import ReleaseError, container_context, version_of
from tools.release.bill_of_materials import pins, write_bill

KEY = "0123456789" * 5
_WHAT_ROLES_MAY = """
import json

import django

django.setup()

from django.contrib.auth.models import Group

named = ("name", "permissions__content_type__app_label", "permissions__codename")
print(json.dumps([(role, f"{app}.{codename}") for role, app, codename in Group.objects.values_list(*named)]))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return built_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def programs(wheel, tmp_path_factory):
    return installed(wheel, tmp_path_factory.mktemp("environment") / "venv")


@pytest.mark.long
def test_the_wheel_holds_what_pages_and_feeds_need_and_nothing_of_tests(wheel):
    names = zipfile.ZipFile(wheel).namelist()

    def some(pattern):
        return [name for name in names if re.fullmatch(pattern, name)]

    for wanted in (
        r"cdsc_portal/built/templates/web/.+\.html",
        r"cdsc_portal/built/static/css/staff\.[0-9a-f]{12}\.css",
        r"cdsc_portal/built/static/css/staff\.[0-9a-f]{12}\.css\.gz",
        r"cdsc_portal/built/static/unfold/css/styles\.[0-9a-f]{12}\.css",
        r"cdsc_portal/built/static/staticfiles\.json",
        r"cdsc_portal/built/locale/es/LC_MESSAGES/django\.mo",
        r"datahub/feeds/mappings/.+\.json",
    ):
        assert some(wanted), wanted
    assert some(r"(tests|tools|demo|benchmarks|examples)/.*") == []


@pytest.mark.long
def test_an_installed_wheel_makes_an_empty_postgresql_ready_and_serves_styled_pages(programs, tmp_path):
    portal = str(programs / "cdsc-portal")
    with own_postgres(password="invented") as postgres:
        settings = environment(
            SECRET_KEY=KEY, PUBLIC_URL="https://share.example.com", DATABASE_URL=postgres.url, SECURE_PROXY="1",
            VAR_DIR=str(tmp_path / "var"), MAIL_URL="smtp://127.0.0.1:1", WEB_PROCESSES="1",
        )  # fmt: skip
        for command in ("migrate", "check --deploy --database default"):
            done = subprocess.run(
                [portal, *command.split()], cwd=tmp_path, env=settings, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stderr
        _roles_may_do_what_they_are_for(programs, tmp_path, settings)
        with serving(portal, tmp_path, settings) as address:
            _pages_are_styled(address)
        assert not (tmp_path / "var" / "postgres").exists()  # none of its own was started


def _roles_may_do_what_they_are_for(programs, folder, settings):
    """After one `migrate` of an empty database."""
    command = [programs / "python", "-c", _WHAT_ROLES_MAY]
    settings = {**settings, "DJANGO_SETTINGS_MODULE": "cdsc_portal.settings"}
    listed = subprocess.run(command, cwd=folder, env=settings, check=True, stdout=subprocess.PIPE)
    may = {(role, name) for role, name in json.loads(listed.stdout)}
    everything = {
        (ADMINISTRATOR, f"{app}.{verb}_{model._meta.model_name}")
        for app in OURS
        for model in apps.get_app_config(app).get_models()
        for verb in model._meta.default_permissions
    }
    assert {(role, name) for role, names in ROLES.items() for name in names} - may == set()
    assert everything - may == set()


def _pages_are_styled(address):
    over_tls = {"Host": "share.example.com", "X-Forwarded-Proto": "https"}
    hashed = []
    for path in ("/", "/accounts/login/", "/admin/login/"):
        shown = requests.get(address + path, headers=over_tls | {"Accept-Language": "es"}, timeout=60)
        assert shown.status_code == 200, path
        page = html.fromstring(shown.text)
        assert page.get("lang") == "es"
        files = page.xpath("//link[@rel='stylesheet']/@href | //script/@src")
        assert files, path
        for file in files:
            answer = requests.get(address + file, headers=over_tls, timeout=60)
            assert answer.status_code == 200 and len(answer.content) > 100, file
            if file.startswith("/static/"):
                hashed.append(file)
                assert "immutable" in answer.headers["Cache-Control"], file
        if path == "/accounts/login/":
            assert "Iniciar sesión" in shown.text
    assert hashed and all(re.search(r"\.[0-9a-f]{12}\.", name) for name in hashed)


@pytest.mark.long
def test_the_command_says_what_it_can_do_and_fails_with_the_status_of_what_it_runs(programs, tmp_path):
    settings = environment(
        DEVELOPMENT="1", VAR_DIR=str(tmp_path), DATABASE_URL="postgresql://nobody@127.0.0.1:1/x"
    )

    def run(*arguments):
        command = [str(programs / "cdsc-portal"), *arguments]
        return subprocess.run(command, cwd=tmp_path, env=settings, capture_output=True, text=True)

    assert "after_restore" in run().stdout
    assert "--queues" in run("worker", "--help").stdout
    assert "--schedule" in run("beat", "--help").stdout
    assert run("no_such_command").returncode == 1
    unset = subprocess.run(
        [str(programs / "cdsc-portal"), "web"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert unset.returncode != 0 and "SECRET_KEY" in unset.stderr


def test_a_release_has_the_version_of_its_tag_in_project_and_changelog(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')
    changelog = tmp_path / "CHANGELOG.md"
    changelog.write_text("## Unreleased\n\n## 1.2.3 (2026-12-01)\n")

    assert version_of(tmp_path, "v1.2.3") == "1.2.3"
    with pytest.raises(ReleaseError, match=r"says 1\.2\.3, the tag v1\.2\.4"):
        version_of(tmp_path, "v1.2.4")
    changelog.write_text("## Unreleased\n")
    with pytest.raises(ReleaseError, match="no section"):
        version_of(tmp_path, "v1.2.3")


def test_the_bill_of_materials_is_cyclonedx_and_names_each_pinned_package(tmp_path):
    lock, path = ROOT / "requirements" / "runtime.txt", tmp_path / "bill.json"
    pinned = [(name, version) for name, version, _digests in pins(lock.read_text())]
    start = lock.read_text().split(f"\n{pinned[3][0]}==")[0]
    (tmp_path / "three.txt").write_text(start)  # checking one costs as much as many tests

    write_bill(lock, "1.2.3", path)
    write_bill(tmp_path / "three.txt", "1.2.3", tmp_path / "three.json")

    bill, three = json.loads(path.read_text()), (tmp_path / "three.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(three) is None
    assert bill["components"][:3] == json.loads(three)["components"] != []
    assert len(pinned) > 50
    assert {(part["name"], part["version"]) for part in bill["components"]} == set(pinned)
    assert all(part["externalReferences"][0]["hashes"] for part in bill["components"])
    assert bill["metadata"]["component"]["version"] == "1.2.3"


def test_the_container_context_holds_all_that_the_image_copies(tmp_path):
    wheel = tmp_path / "cdsc_portal-1.2.3-py3-none-any.whl"
    wheel.write_bytes(b"")
    with tarfile.open(container_context(ROOT, wheel, tmp_path / "context.tar.gz")) as context:
        names = set(context.getnames())

    copied = re.findall(
        r"^COPY (?!--)(.+) \S+$", (ROOT / "deploy" / "Containerfile").read_text(), re.MULTILINE
    )
    assert "dist/cdsc_portal-1.2.3-py3-none-any.whl" in names
    for name in {part.rstrip("/") for line in copied for part in line.split()} - {"dist/*.whl"}:
        assert name in names, name
