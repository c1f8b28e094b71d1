"""A scope, its resource, a kind of feed and its format that are registered are served, gated, documented and listed."""

import base64
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.test import Client as Browser
from django.urls import clear_url_caches, reverse

import datahub.urls
from accounts.models import LinkKind, span_of
from accounts.queries.row_versions import CONTRACTS
from accounts.services.link_changes import Changed, record_link_changes
from cdsc_portal.lib.db.row_versions import Rows
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.ranges import Span
from consent.access import contracts_of
from consent.models import Actor, Disclosure, ScopeSetting
from consent.scopes.base import Period, Scope
from consent.scopes.catalogue import SCOPES, offered_among
from consent.services.revoke import revoke_grant
from consent.services.scope_offers import make_first_offers
from datahub.answers.page import Document, Page
from datahub.api import openapi
from datahub.api.urls import gated_paths, open_paths
from datahub.feeds.formats import registry as format_registry
from datahub.feeds.loading.kind import Kind
from datahub.feeds.loading.kinds import KINDS
from datahub.models import Feed, FeedRun, OpenRelease, RunStatus
from datahub.models.feeds import KIND_TITLES
from datahub.resources.affected_disclosures import affected_disclosures
from datahub.resources.base import OpenSeries, Option, Resource, StoredFile, StreamedFile
from datahub.resources.fields import Shape, Text
from datahub.resources.link_history import LinkHistory
from datahub.resources.registry import RESOURCES, registered
from datahub.rows.base import Parsed
from datahub.store.load import Loaded
from datahub.usage.exports.base import UsageFile
from datahub.usage.sums import KnownReadings
from tests.consent.api.reader import Reader
from tests.factories.accounts import StaffFactory, add_service, household
from tests.factories.consent import SECRET, ClientFactory, ReceiptFactory
from tools import api_tables

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


class ToyFile(UsageFile):
    media_type = "text/csv"
    suffix = "csv"

    def begin(self):
        return b"plain\n"

    def chunk(self, segments):
        return iter(())

    def end(self):
        return b"# complete\n"


def _document(parts, public_id):
    contracts = contracts_of(parts)
    if public_id != "toy1":
        return None
    return Document(contracts, True, Span(), "toy.txt", "a1", lambda: ContentFile(b"plain"))


TOY_SCOPE = Scope(
    id="toy_scope",
    place=1_000,
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
    stream=StreamedFile(
        name="toy_file",
        summary="All toys in one file.",
        file_name="toys",
        forms={"csv": ToyFile},
        known=lambda covered: KnownReadings(len(covered.spans), None),
        stream=lambda file, reopen, **narrowed: iter([file.begin(), file.end()]),
    ),
    document=StoredFile(
        name="toy_document",
        summary="The leaflet of a toy.",
        key="toy_id",
        media_type="text/plain",
        find=_document,
    ),
    open_series=OpenSeries(
        summary="The tone of a region.",
        shape=ToyShape,
        query=lambda region, window, after: Page(
            [{"contract_number": "", "tone": region}], {}, frozenset(), 1
        ),
        serialize=dict,
        rows=(Rows("datahub_mixload", "key = %(region)s"),),
    ),
)
ADDRESSES = ("/toy_facts", "/toy_facts/file", "/toy_facts/toy1/file")


@pytest.fixture
def toy(monkeypatch):
    """The scope with its resource, as a file each and a line in each registry would add them."""
    gated, to_clients = gated_paths(TOY), open_paths(TOY)
    served = list(datahub.urls.urlpatterns)
    monkeypatch.setitem(SCOPES, TOY_SCOPE.id, TOY_SCOPE)
    make_first_offers()
    registered([*RESOURCES.values(), TOY], SCOPES.values())
    monkeypatch.setitem(RESOURCES, TOY.name, TOY)
    monkeypatch.setattr(openapi, "GATED", [*openapi.GATED, *gated])
    monkeypatch.setattr(openapi, "OPEN_SERIES", [*openapi.OPEN_SERIES, *to_clients])
    datahub.urls.urlpatterns.extend([*gated, *to_clients])
    clear_url_caches()
    openapi._document.cache_clear()
    offered_among.cache_clear()
    yield
    datahub.urls.urlpatterns[:] = served
    clear_url_caches()
    openapi._document.cache_clear()
    offered_among.cache_clear()


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


def test_a_stream_and_a_document_of_a_resource_are_served_and_disclosed_as_the_resource(home, reader):
    stream = reader.get("/toy_facts/file")
    document = reader.get("/toy_facts/toy1/file")

    assert b"".join(stream.streaming_content) == b"plain\n# complete\n"
    assert stream["Content-Disposition"] == 'attachment; filename="toys.csv"'
    assert (b"".join(document.streaming_content), document["Content-Type"]) == (b"plain", "text/plain")
    assert reader.get("/toy_facts/toy1/file", **{"If-None-Match": document["ETag"]}).status_code == 304
    assert reader.get("/toy_facts/toy2/file").status_code == 404
    releases = Disclosure.objects.values_list("scope", "resource", "value_count")
    assert list(releases) == [("toy_scope", "toy_facts", 1)] * 2


def test_a_series_of_the_grid_is_open_to_clients_where_the_utility_opens_it(toy, settings):
    client = ClientFactory(allowed_scopes=["toy_scope"])
    pair = base64.b64encode(f"{client.client_id}:{SECRET}".encode()).decode()
    browser = Browser(headers={"Authorization": f"Basic {pair}"})
    closed = browser.get("/grid/toy_facts", {"region": "WEST"})
    settings.MIX_OPEN_TO_CLIENTS = True

    answer = browser.get("/grid/toy_facts", {"region": "WEST"})

    assert (closed.status_code, Browser().get("/grid/toy_facts").status_code) == (404, 401)
    assert answer.json()["data"] == [{"contract_number": "", "tone": "WEST"}]
    assert OpenRelease.objects.get().resource == "toy_facts"
    assert browser.get("/api/schema").json()["paths"]["/grid/toy_facts"]["get"]["security"] == [
        {"client": []}
    ]


def test_a_resource_is_gated(home, reader):
    unticked, foreign = add_service(owner=home.owner, account=home.account), household()

    for service in (unticked, foreign):
        answer = reader.get("/toy_facts", {"services": service.contract.contract_number}).json()
        assert (answer["data"], answer["services"][0]["status"]) == ([], "not_shared")
    assert {Browser().get(address).status_code for address in ADDRESSES} == {401}
    reader.granted(home.contract, scope="usage_data")
    for address in ADDRESSES:
        refused = reader.get(address)
        assert (refused.status_code, refused.json()["scope"]) == (403, ["toy_scope"])


def test_a_scope_and_its_resource_are_documented(toy):
    browser = Browser()

    paths = browser.get("/api/schema").json()["paths"]
    operation = paths["/toy_facts"]["get"]
    metadata = browser.get("/.well-known/oauth-authorization-server").json()
    page = browser.get(reverse("docs_scope", args=["toy_scope"])).content.decode()

    assert operation["security"] == [{"grant": ["toy_scope"]}]
    assert "tone" in {parameter["name"] for parameter in operation["parameters"]}
    assert {"application/json", "text/csv"} <= set(operation["responses"]["200"]["content"])
    assert "toy_scope" in metadata["scopes_supported"]
    assert "Your toy facts" in page and "/toy_facts" in page
    assert "/toy_facts" in browser.get(reverse("docs_api")).content.decode()
    for path in ("/toy_facts/file", "/toy_facts/{toy_id}/file"):
        assert paths[path]["get"]["security"] == [{"grant": ["toy_scope"]}]
        assert f"| `GET {path}` | `toy_scope` |" in "\n".join(api_tables.resource_rows())
    guide = api_tables.with_tables(api_tables.PAGE.read_text(encoding="utf-8"))
    assert "| `GET /grid/toy_facts` | `toy_scope` | The tone of a region. |" in guide
    assert "| `toy_scope` | Your toy facts | `toy_facts` |" in guide
    assert "| `tone` | `toy_facts` | `plain`, `loud`. How it sounds. |" in guide


def test_what_a_resource_released_is_listed_and_checked_for_late_moves(home, reader):
    reader.get("/toy_facts")
    contract = home.contract

    (release,) = Disclosure.objects.all()
    assert (release.scope, release.resource, release.value_count) == ("toy_scope", "toy_facts", 1)
    assert list(affected_disclosures()) == []
    assert TOY.link_kinds == {LinkKind.CONTRACT}
    known = span_of(contract)
    contract.end = contract.start + timedelta(days=1)
    contract.save()
    record_link_changes([Changed(contract, contract.pk, known, span_of(contract))], at=clock.now(), by=None)
    assert [affected.disclosure for affected in affected_disclosures()] == [release]


def test_a_scope_that_is_withdrawn_opens_nothing_any_more(home, reader):
    assert {reader.get(address).status_code for address in ADDRESSES} == {200}

    revoke_grant(grant=reader.grant, by=None, actor=Actor.LINK, at=clock.now())
    assert {reader.get(address).status_code for address in ADDRESSES} == {401}
    ScopeSetting.objects.create(scope="toy_scope", is_open=False)
    assert not [
        path for path in Browser().get("/api/schema").json()["paths"] if path.startswith("/toy_facts")
    ]


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
    point = SimpleNamespace(load=lambda: module)
    monkeypatch.setattr(format_registry, "entry_points", lambda group: [point])
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
