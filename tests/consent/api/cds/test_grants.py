"""The Grants API, reading (CDS-WG1-02 11): every grant of a registration, and nobody else's."""

from datetime import timedelta
from urllib.parse import quote

import pytest
import time_machine

from accounts.models import Customer
from cdsc_portal.lib.time import clock
from consent.models import Actor, Client, Grant, GrantKind, GrantPart, Receipt
from consent.queries.access import data_access
from consent.services.approve import approve_request
from consent.services.offer import build_offer
from consent.services.revoke import close_grant, expire_grants, mark_partial_grants, revoke_grant
from consent.transitions import ENDED, READABLE, GrantStatus
from tests.consent.api.cds.third_party import ThirdParty, ask_for_token
from tests.consent.api.reader import issue_token
from tests.factories.accounts import household
from tests.factories.consent import (
    ClientFactory,
    GrantFactory,
    GrantPartFactory,
    ReceiptFactory,
    approve,
    ask,
    everything,
)
from tests.support.queries import count_queries

pytestmark = pytest.mark.django_db
LIST = "/cds/grants"
MEMBERS = {
    "grant_id", "uri", "replacing", "replaced_by", "parent", "children", "created", "modified", "not_before",
    "not_after", "eta", "expires", "status", "client_id", "scope", "authorization_details", "receipt_confirmations",
    "enabled_scope", "enabled_authorization_details",
}  # fmt: skip


def shared(home, client, *details):
    details = details or ({"type": "usage_data", "end": "+1y", "services": "all"},)
    return approve(ask(*details, user=home.owner, client=client))


def listed(party, query=""):
    answer = party.get(f"{LIST}?{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()["grants"]


def of(party, grant):
    answer = party.get(f"{LIST}/{grant.public_id}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def ids(party, query=""):
    return [each["grant_id"] for each in listed(party, query)]


@pytest.mark.spec("R-01", "R-149", "R-151", "R-152")
def test_a_grant_has_every_member_and_its_address_gives_the_same(party, production, home):
    grant = shared(home, production)

    (read,) = listed(party, f"client_ids={production.client_id}")
    assert read.keys() == MEMBERS
    assert party.get(read["uri"]).json() == read
    receipt = Receipt.objects.get()
    assert (read["grant_id"], read["client_id"]) == (grant.public_id, production.client_id)
    assert read["scope"] == read["enabled_scope"] == "usage_data"
    assert read["authorization_details"] == grant.authorization_details
    assert read["enabled_authorization_details"] == grant.authorization_details
    assert read["status"] == "active"
    assert read["created"] == read["modified"]
    assert read["expires"] == read["not_after"] is not None
    assert read["receipt_confirmations"] == [receipt.number]
    assert (read["parent"], read["children"], read["replacing"], read["replaced_by"]) == (
        None,
        [],
        [],
        [],
    )
    assert (read["not_before"], read["eta"]) == (None, None)


@pytest.mark.spec("R-152", "R-153")
def test_a_grant_without_a_user_is_listed_too(party):
    own = listed(party, f"client_ids={party.client_id}")

    assert [(each["scope"], each["status"], each["authorization_details"]) for each in own] == [
        ("cds_client_admin", "active", [])
    ]
    assert (own[0]["enabled_scope"], own[0]["receipt_confirmations"]) == ("cds_client_admin", [])


def test_no_name_number_or_key_of_a_customer_is_in_it(party, production, home):
    grant = shared(home, production)

    text = party.get(LIST).content.decode()
    assert home.contract.contract_number in text  # of the details, as its tokens say them
    for private in (
        home.owner.name, home.owner.email, home.customer.customer_number, home.account.account_number,
        home.contract.address, grant.receipts.get().addresses.get().digest,
    ):  # fmt: skip
        assert private not in text


@pytest.mark.spec("R-185")
def test_the_newest_change_comes_first(party, production, home):
    first, second = shared(home, production), shared(household(), production)
    assert ids(party)[:2] == [second.public_id, first.public_id]

    close_grant(grant=first, at=clock.now())

    assert ids(party)[:2] == [first.public_id, second.public_id]


@pytest.mark.spec(
    "R-184:grant_ids", "R-184:parents", "R-184:statuses", "R-184:client_ids", "R-184:scopes",
    "R-184:receipt_confirmations", "R-184:after", "R-184:before",
)  # fmt: skip
def test_each_filter_finds_its_own_and_several_intersect(party, production, home):
    at = clock.now()
    old = GrantFactory(client=production, scope="bill_data", created=at - timedelta(days=9))
    old_but_changed = GrantFactory(client=production, created=at - timedelta(days=9))
    Grant.objects.filter(pk=old.pk).update(modified=at - timedelta(days=8), status="revoked")
    child = GrantFactory(client=production, parent=old)
    number = ReceiptFactory(grant=child).number
    own = Grant.objects.get(client=party.admin).public_id
    days = quote((at - timedelta(days=7)).isoformat())

    def names(query):
        known = {
            old.public_id: "old",
            old_but_changed.public_id: "changed",
            child.public_id: "child",
            own: "own",
        }
        return [known[each] for each in ids(party, query)]

    assert sorted(names("")) == ["changed", "child", "old", "own"]
    assert sorted(names(f"grant_ids={old.public_id} {own}")) == ["old", "own"]
    assert names(f"parents={old.public_id}") == ["child"]
    assert names("statuses=revoked") == ["old"]
    assert sorted(names("statuses=active revoked")) == ["changed", "child", "old", "own"]
    assert names(f"client_ids={party.client_id}") == ["own"]
    assert names("scopes=bill_data") == ["old"]
    assert sorted(names("scopes=bill_data cds_client_admin")) == ["old", "own"]
    assert names(f"receipt_confirmations={number}") == ["child"]
    assert sorted(names(f"after={days}")) == ["child", "own"]
    assert names(f"before={days}") == ["changed", "old"]
    assert names(f"before={days}&scopes=usage_data") == ["changed"]
    assert names(f"before={days}&after={days}") == []
    moment = quote(of(party, old)["created"])
    assert "old" in names(f"before={moment}")  # both ends are included
    assert "old" in names(f"after={moment}")


@pytest.mark.spec("R-184:scopes")
def test_a_scope_is_found_by_the_type_of_details_alone(party, production):
    details = [{"type": "bill_data", "services": []}]
    grant = GrantFactory(client=production, scope="usage_data", authorization_details=details)

    assert ids(party, "scopes=bill_data") == [grant.public_id]


def test_what_is_foreign_is_not_found_by_any_filter_and_has_no_address(party, stranger, home):
    theirs = ClientFactory(registration=stranger.registration)
    grant = shared(home, theirs)

    for query in (
        f"grant_ids={grant.public_id}",
        f"client_ids={theirs.client_id}",
        f"parents={grant.public_id}",
        f"receipt_confirmations={Receipt.objects.get().number}",
    ):
        assert listed(party, query) == []
    assert party.get(f"{LIST}/{grant.public_id}").status_code == 404
    assert party.get(f"{LIST}/nothing").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "statuses=open",
        "after=yesterday",
        "before=2026-01-01T00:00:00",
        "scopes=a&scopes=b",
        "page=1",
        "scopes=%00",
    ],
)
def test_a_filter_that_cannot_be_read_is_refused_by_name(party, query):
    answer = party.get(f"{LIST}?{query}")

    assert answer.status_code == 400
    assert query.partition("=")[0] in answer.json()["error_description"]


def test_pages_keep_their_filters_and_meet_at_the_ends(party, production):
    GrantFactory.create_batch(203, client=production)
    GrantFactory(client=production, status="revoked")

    first = party.get(f"{LIST}?statuses=active&client_ids={production.client_id}").json()
    second = party.get(first["next"]).json()
    third = party.get(second["next"]).json()

    assert [len(page["grants"]) for page in (first, second, third)] == [100, 100, 3]
    assert (first["previous"], third["next"]) == (None, None)
    assert "statuses=active" in first["next"]
    assert party.get(third["previous"]).json()["grants"] == second["grants"]
    assert party.get(second["previous"]).json()["grants"] == first["grants"]
    every = [each["grant_id"] for page in (first, second, third) for each in page["grants"]]
    assert len(set(every)) == 203


def test_a_listing_makes_as_many_queries_for_many_as_for_few(party, production, home):
    shared(home, production)
    few = count_queries(lambda: party.get(LIST))
    for _ in range(5):
        shared(household(), production)
        GrantPartFactory(grant=GrantFactory(client=production))

    assert count_queries(lambda: party.get(LIST)) == few == 5  # gate, count, objects, keys, members


@pytest.mark.spec("R-151", "R-152", "R-153")
def test_a_grant_is_partial_from_the_moment_that_a_part_ends(party, production, home):
    grant = shared(
        home,
        production,
        {"type": "usage_data", "end": "+1y", "services": "all"},
        {"type": "bill_data", "end": "+1mo", "services": "all"},
    )
    ends = GrantPart.objects.get(grant=grant, scope="bill_data").access_ends
    party_then = lambda: of(party_at(party), grant)  # noqa: E731

    with time_machine.travel(ends - timedelta(seconds=1), tick=False):
        assert (party_then()["status"], party_then()["enabled_scope"]) == ("active", "usage_data bill_data")
        assert mark_partial_grants(at=clock.now()) == 0
    with time_machine.travel(ends, tick=False):
        read = party_then()
        assert (read["status"], read["scope"], read["enabled_scope"]) == (
            "partial", "usage_data bill_data", "usage_data",
        )  # fmt: skip
        assert [each["type"] for each in read["enabled_authorization_details"]] == ["usage_data"]
        assert ids(party_at(party), "statuses=partial") == [grant.public_id]
        assert grant.public_id not in ids(party_at(party), "statuses=active")
        assert mark_partial_grants(at=clock.now()) == 1
        assert mark_partial_grants(at=clock.now()) == 0
        assert party_then()["status"] == "partial"
        assert ids(party_at(party), "statuses=partial") == [grant.public_id]
        event = grant.events.last()
        assert (event.to_status, event.actor) == ("partial", Actor.SYSTEM)


@pytest.mark.spec("R-151", "R-153")
def test_a_grant_is_expired_from_its_end_on(party, production, home):
    grant = shared(home, production)

    with time_machine.travel(grant.access_ends, tick=False):
        read = of(party_at(party), grant)
        assert (read["status"], read["enabled_scope"], read["enabled_authorization_details"]) == (
            "expired",
            "",
            [],
        )
        assert ids(party_at(party), "statuses=expired") == [grant.public_id]
        assert grant.public_id not in ids(party_at(party), "statuses=active")
        expire_grants(at=clock.now())
        assert ids(party_at(party), "statuses=expired") == [grant.public_id]


def party_at(party):
    """The same third party with a token of now."""
    token = ask_for_token(party.browser, party.client_id, party.secret).json()["access_token"]
    return ThirdParty(party.browser, party.client_id, party.secret, token)


@pytest.mark.spec("R-151", "R-152", "R-153")
@pytest.mark.parametrize(
    ("status", "options", "shown"),
    [
        ("suspended", ["production", "disabled"], "suspended"),
        ("disabled", ["disabled"], "disabled"),
        ("disabled", ["production", "disabled"], "suspended"),
    ],
)
def test_grants_of_an_object_that_reads_nothing_open_nothing(party, production, home, status, options, shown):
    grant, stopped = shared(home, production), shared(household(), production)
    revoke_grant(grant=stopped, by=None, actor=Actor.LINK, at=clock.now())
    Client.objects.filter(pk=production.pk).update(status=status, status_options=options)

    read = of(party, grant)
    assert (read["status"], read["enabled_scope"], read["enabled_authorization_details"]) == (
        shown,
        "",
        [],
    )
    assert read["scope"] == "usage_data"
    assert of(party, stopped)["status"] == "revoked"
    assert ids(party, f"statuses={shown}") == [grant.public_id]
    assert ids(party, f"statuses=active&client_ids={production.client_id}") == []
    Client.objects.filter(pk=production.pk).update(status="production")
    assert of(party, grant)["status"] == "active"


@pytest.mark.spec("R-152", "R-153", "R-154")
@pytest.mark.parametrize("status", sorted(GrantStatus))
def test_what_is_enabled_is_what_the_gate_opens_in_each_status(party, production, home, status):
    grant = shared(home, production)
    token = issue_token(grant)
    Grant.objects.filter(pk=grant.pk).update(status=status, eta=clock.now())

    read = of(party, grant)
    access = data_access(token, at=clock.now())
    opened = " ".join(part.scope for part in access.parts) if access else ""
    assert (read["status"], read["enabled_scope"]) == (status, opened)
    assert bool(opened) is (status in READABLE)
    assert ids(party, f"statuses={status}&client_ids={production.client_id}") == [grant.public_id]
    assert (read["eta"] is not None) is (status == "pending")
    assert (status in ENDED) <= (read["enabled_authorization_details"] == [])


@pytest.mark.spec("R-150")
def test_only_a_pending_grant_says_until_when_it_waits(party, production, home):
    grant = shared(home, production)
    Grant.objects.filter(pk=grant.pk).update(status="pending", eta=clock.now())
    assert of(party, grant)["eta"] is not None

    Grant.objects.filter(pk=grant.pk).update(status="active")
    assert of(party, grant)["eta"] is None


def test_an_object_in_the_sandbox_reads_of_services_of_test_customers_alone(party, home):
    invented = household()
    Customer.objects.filter(pk=invented.customer.pk).update(is_test=True)
    sandbox = party.sandbox
    Client.objects.filter(pk=sandbox.pk).update(status="production")
    real = shared(home, Client.objects.get(pk=sandbox.pk))
    Client.objects.filter(pk=sandbox.pk).update(status="sandbox")
    test = shared(invented, Client.objects.get(pk=sandbox.pk))

    assert home.contract.contract_number not in party.get(LIST).content.decode()
    assert of(party, real)["authorization_details"][0]["services"] == []
    assert of(party, test)["enabled_authorization_details"][0]["services"] == [
        invented.contract.contract_number
    ]


def test_what_replaced_a_grant_and_what_hangs_on_it_is_named(party, production, home):
    former = shared(home, production)
    request = ask({"type": "usage_data", "end": "+1y", "services": "all"}, user=home.owner, client=production)
    at = clock.now()
    offer = build_offer(request, home.owner, at)
    newer = approve_request(
        request=request, decision=everything(offer), by=home.owner, digest=offer.digest, at=at, replace=True
    )
    child = GrantFactory(client=production, parent=newer)

    assert of(party, former)["replaced_by"] == [of(party, newer)["uri"]]
    assert of(party, former)["status"] == "revoked"
    assert of(party, newer)["replacing"] == [of(party, former)["uri"]]
    assert of(party, newer)["children"] == [child.public_id]
    assert of(party, child)["parent"] == newer.public_id


def test_grants_of_files_are_listed_whole(party, production):
    details = [{"type": "files", "file_id": "1"}]
    grant = GrantFactory(
        client=production,
        user=None,
        kind=GrantKind.FILES,
        scope="files",
        access_ends=None,
        authorization_details=details,
    )

    read = of(party, grant)
    assert (read["enabled_scope"], read["enabled_authorization_details"]) == ("files", details)
