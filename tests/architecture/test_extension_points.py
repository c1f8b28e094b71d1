"""A scope, its resource, a kind of feed and its format that are registered are served, gated, documented and listed."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.test import Client as Browser
from django.urls import clear_url_caches, reverse

import datahub.urls
from accounts.models import LinkKind, span_of
from accounts.queries.row_versions import CONTRACTS
from accounts.services.link_changes import Changed, record_link_changes
from cdsc_portal.lib.db.row_versions import Rows
from cdsc_portal.lib.time import clock
from consent.models import Actor, Disclosure, ScopeSetting
from consent.scopes.base import Period, Scope
from consent.scopes.catalogue import SCOPES
from consent.services.revoke import revoke_grant
from datahub.answers.page import Page
from datahub.api import openapi
from datahub.api.urls import resource_path
from datahub.feeds.formats import registry as format_registry
from datahub.feeds.loading.kind import Kind
from datahub.feeds.loading.kinds import KINDS
from datahub.models import Feed, FeedRun, RunStatus
from datahub.models.feeds import KIND_TITLES
from datahub.resources.affected_disclosures import wrong_disclosures
from datahub.resources.base import Option, Resource
from datahub.resources.fields import Shape, Text
from datahub.resources.link_history import LinkHistory
from datahub.resources.registry import RESOURCES, registered
from datahub.rows.base import Parsed
from datahub.store.load import Loaded
from tests.consent.api.reader import Reader
from tests.factories.accounts import StaffFactory, add_service, household
from tests.factories.consent import ReceiptFactory

pytestmark = pytest.mark.django_db


class ToyShape(Shape):
    contract_number = Text(help_text="The service.")
    tone = Text(help_text="How it sounds.")


def _toys(call):
    covered = call.coverage()
    items = [
        {"contract_number": contract.contract_number, "tone": call.query.options.get("tone", "plain")}
        for contract in covered.open
    ]
    return covered, Page(items, {}, frozenset(covered.spans), len(items))


TOY_SCOPE = Scope(
    id="toy_scope",
    title="Your toy facts",
    sentence="What a test invents.",
    includes=(("A tone", "plain"),),
    excludes="All else.",
    period=Period.DATA,
    records="Toy facts",
    opens=("toy_facts",),
)
TOY = Resource(
    name="toy_facts",
    summary="What a test invents of each service.",
    query=_toys,
    shape=ToyShape,
    csv=lambda items, query: b"".join(b"%s\n" % item["tone"].encode() for item in items),
    options=(Option("tone", ("plain", "loud"), "How it sounds."),),
    examples={"": {"contract_number": "7000-1", "tone": "plain"}},
    rows=(Rows("accounts_servicecontract", f"id = {CONTRACTS}"),),
    histories=(LinkHistory.contract_days,),
)


@pytest.fixture
def toy(monkeypatch):
    """The scope with its resource, as a file each and a line in each registry would add them."""
    pattern = resource_path(TOY)
    monkeypatch.setitem(SCOPES, TOY_SCOPE.id, TOY_SCOPE)
    registered([*RESOURCES.values(), TOY], SCOPES.values())
    monkeypatch.setitem(RESOURCES, TOY.name, TOY)
    monkeypatch.setattr(openapi, "GATED", [*openapi.GATED, pattern])
    datahub.urls.urlpatterns.append(pattern)
    clear_url_caches()
    openapi._document.cache_clear()
    yield
    datahub.urls.urlpatterns.remove(pattern)
    clear_url_caches()
    openapi._document.cache_clear()


@pytest.fixture
def home():
    return household()


@pytest.fixture
def reader(home, toy):
    reader = Reader()
    ReceiptFactory(grant=reader.granted(home.contract, scope="toy_scope"))
    return reader


def test_a_resource_is_served_as_json_and_csv_with_a_tag(home, reader):
    answer = reader.get("/toy_facts")

    assert (answer.status_code, answer.json()["resource"]) == (200, "toy_facts")
    assert answer.json()["data"] == [{"contract_number": home.contract.contract_number, "tone": "plain"}]
    assert reader.get("/toy_facts", **{"If-None-Match": answer["ETag"]}).status_code == 304
    assert reader.get("/toy_facts", {"tone": "loud"}, Accept="text/csv").content == b"loud\n"
    assert reader.get("/toy_facts", {"tone": "rude"}).json()["parameter"] == "tone"


def test_a_resource_is_gated(home, reader):
    unticked, foreign = add_service(owner=home.owner, account=home.account), household()

    for service in (unticked, foreign):
        answer = reader.get("/toy_facts", {"services": service.contract.contract_number}).json()
        assert (answer["data"], answer["services"][0]["status"]) == ([], "not_shared")
    assert Browser().get("/toy_facts").status_code == 401
    reader.granted(home.contract, scope="usage_data")
    refused = reader.get("/toy_facts")
    assert (refused.status_code, refused.json()["scope"]) == (403, ["toy_scope"])


def test_a_scope_and_its_resource_are_documented(toy):
    browser = Browser()

    operation = browser.get("/api/schema").json()["paths"]["/toy_facts"]["get"]
    metadata = browser.get("/.well-known/oauth-authorization-server").json()
    page = browser.get(reverse("docs_scope", args=["toy_scope"])).content.decode()

    assert operation["security"] == [{"grant": ["toy_scope"]}]
    assert "tone" in {parameter["name"] for parameter in operation["parameters"]}
    assert {"application/json", "text/csv"} <= set(operation["responses"]["200"]["content"])
    assert "toy_scope" in metadata["scopes_supported"]
    assert "Your toy facts" in page and "/toy_facts" in page
    assert "/toy_facts" in browser.get(reverse("docs_api")).content.decode()


def test_what_a_resource_released_is_listed_and_checked_for_late_moves(home, reader):
    reader.get("/toy_facts")
    contract = home.contract

    (release,) = Disclosure.objects.all()
    assert (release.scope, release.resource, release.value_count) == ("toy_scope", "toy_facts", 1)
    assert list(wrong_disclosures()) == []
    assert TOY.link_kinds == {LinkKind.CONTRACT}
    known = span_of(contract)
    contract.end = contract.start + timedelta(days=1)
    contract.save()
    record_link_changes([Changed(contract, contract.pk, known, span_of(contract))], at=clock.now(), by=None)
    assert [wrong.disclosure for wrong in wrong_disclosures()] == [release]


def test_a_scope_that_is_withdrawn_opens_nothing_any_more(home, reader):
    assert reader.get("/toy_facts").status_code == 200

    revoke_grant(grant=reader.grant, by=None, actor=Actor.LINK, at=clock.now())
    assert reader.get("/toy_facts").status_code == 401
    ScopeSetting.objects.create(scope="toy_scope", is_open=False)
    assert "/toy_facts" not in Browser().get("/api/schema").json()["paths"]


def _parse(content, *, zone, settings):
    return Parsed(content.decode().split(), [])


@pytest.fixture
def loads(monkeypatch, settings, tmp_path):
    """What the toy kind has loaded, chunk by chunk."""
    settings.MEDIA_ROOT = tmp_path / "media"
    chunks: list[list[str]] = []

    def load(rows, origin, file):
        chunks.append(list(rows))
        return Loaded(accepted=len(rows))

    module = SimpleNamespace(
        NAME="toy_words",
        KIND="toys",
        SUFFIXES=(".toy",),
        sniff=lambda head: head.startswith(b"toy"),
        parse=_parse,
    )
    points = [
        *format_registry.entry_points(group=format_registry.GROUP),
        SimpleNamespace(load=lambda: module),
    ]
    monkeypatch.setattr(format_registry, "entry_points", lambda group: points)
    monkeypatch.setattr(format_registry, "KIND_NAMES", format_registry.KIND_NAMES | {"toys"})
    monkeypatch.setitem(KINDS, "toys", Kind(name="toys", title="words of toys", load=load, rows_a_chunk=2))
    monkeypatch.setitem(KIND_TITLES, "toys", "words of toys")
    format_registry.formats.cache_clear()
    yield chunks
    monkeypatch.undo()
    format_registry.formats.cache_clear()


def load_file(tmp_path, text: str) -> FeedRun:
    path = tmp_path / "words.toy"
    path.write_text(text)
    call_command("load_feed", "--feed", "toys", str(path), "--here")
    return FeedRun.objects.latest("pk")


def test_a_kind_of_feed_and_its_format_are_detected_loaded_by_chunks_and_listed(loads, tmp_path):
    call_command("register_feed", "toys", "toy_words", "--zone", "UTC")

    run = load_file(tmp_path, "toy bear ball")

    assert format_registry.detect(b"toy bear", "words.toy").kind == "toys"
    assert (run.status, run.accepted, loads) == (RunStatus.DONE, 3, [["toy", "bear"], ["ball"]])
    browser = Browser()
    browser.force_login(StaffFactory(is_superuser=True))
    page = browser.get(reverse("admin:datahub_feed_changelist")).content.decode()
    assert page.count("words of toys") >= 2  # the row and the filter
    assert Feed.objects.get().get_kind_display() == "words of toys"


def test_a_kind_of_feed_that_is_withdrawn_refuses_its_files(loads, tmp_path, monkeypatch):
    call_command("register_feed", "toys", "toy_words", "--zone", "UTC")
    monkeypatch.delitem(KINDS, "toys")

    with pytest.raises(SystemExit):
        load_file(tmp_path, "toy bear ball")

    run = FeedRun.objects.latest("pk")
    assert (run.status, run.problem) == (RunStatus.REFUSED, "no kind of feed named toys is installed")
    assert loads == []
