"""A request that names a grant: judged before and after the login, and agreed to by its customer (CDS-WG1-02 8.3)."""

import base64
import json
from urllib.parse import urlencode

import pytest
from django.test import Client as Browser

from accounts.models import Membership, OutgoingMail
from cdsc_portal.lib.time import clock
from consent.models import Actor, ConsentRequest, Grant
from consent.queries.access import data_access
from consent.queries.registration_grants import grant_of_registration
from consent.services.after_restore import unmet_entries
from consent.services.narrow import narrow_to
from consent.services.revoke import close_grant, revoke_grant, suspend_grant
from consent.services.third_parties.grant_changes import change_grant
from consent.services.third_parties.own_grants import own_grant
from tests.consent.api.reader import issue_token
from tests.consent.oauth.third_party import FORM, ThirdParty, answered
from tests.consent.pages.form import PostedForm
from tests.factories.accounts import MembershipFactory, StaffFactory, UserFactory, add_service, household
from tests.factories.consent import ClientFactory, approve, ask

pytestmark = pytest.mark.django_db
USAGE = {"type": "usage_data", "start": "-1y", "end": "+1y", "services": "all"}
BILLS = {"type": "bill_data", "end": "+1y", "services": "all"}


@pytest.fixture
def home(db):
    return household()


@pytest.fixture
def shared(home, third_party):
    """Usage data of a household, given to the third party, which wants bills too."""
    grant = approve(ask(USAGE, user=home.owner, client=third_party.client))
    change_grant(grant=grant, sent={"scope": "usage_data bill_data"}, at=clock.now())
    grant.refresh_from_db()
    return grant


@pytest.fixture
def owner(home):
    browser = Browser()
    browser.force_login(home.owner)
    return browser


def wanting(grant, *details, **changes):
    details = details or (BILLS,)
    return {"authorization_details": json.dumps(details), "cds_grant_id": grant.public_id, **changes}


def page_of(response):
    assert response.status_code == 303, response.content
    assert response["Location"].startswith("/oauth/authorize/"), response["Location"]
    return response["Location"]


def error_of(response):
    assert response.status_code == 303, response.content
    return answered(response["Location"]).get("error", response["Location"])


def agree(browser, page):
    form = PostedForm.on(browser, browser.get(page))
    return form.press("decision", "approve")


@pytest.mark.spec("R-164", "R-172", "R-173", "X-20")
def test_an_approval_updates_the_grant_before_the_code_is_exchanged(third_party, shared, owner, home):
    token = issue_token(shared, scope="usage_data bill_data")
    assert [part.scope for part in data_access(token, at=clock.now()).parts] == ["usage_data"]
    before = shared.receipts.get()

    response = agree(owner, page_of(third_party.ask(**wanting(shared))))

    assert Grant.objects.filter(user=home.owner).count() == 1
    shared.refresh_from_db()
    assert (shared.status, shared.scope, shared.requested_scope) == ("active", "usage_data bill_data", None)
    assert [part.scope for part in data_access(token, at=clock.now()).parts] == ["usage_data", "bill_data"]
    event = shared.events.last()
    assert (event.from_status, event.to_status, event.actor, event.by, event.change) == (
        "needs_authorization", "active", Actor.CUSTOMER, home.owner, "widened",
    )  # fmt: skip
    newer = shared.receipts.get(superseded_by=None)
    before.refresh_from_db()
    assert before.superseded_by == newer
    assert [part["scope"] for part in newer.facts["parts"]] == ["usage_data", "bill_data"]
    assert newer.facts["parts"][0] == before.facts["parts"][0]
    assert newer.facts["left_out"] == []
    assert OutgoingMail.objects.filter(kind="approved", user=home.owner).count() == 2
    tokens = third_party.exchange(answered(response["Location"])["code"]).json()
    assert (tokens["grant_id"], tokens["scope"]) == (shared.public_id, "usage_data bill_data")
    shown = grant_of_registration(
        shared.public_id, registration=third_party.client.registration_id, at=clock.now()
    )
    assert shown.enabled()[0] == "usage_data bill_data"
    assert shown.confirmations == [before.number, newer.number]


@pytest.mark.spec("R-165", "R-171", "R-172")
def test_both_parameters_are_understood_when_pushed(third_party, shared, home):
    pushed = third_party.push(**wanting(shared, prompt="login")).json()

    third_party.http.force_login(home.owner)
    page = page_of(third_party.arrive(pushed["request_uri"]))

    assert "/accounts/login/" in third_party.http.get(page)["Location"]  # in spite of the session
    third_party.http.force_login(home.owner)
    agree(third_party.http, page)
    shared.refresh_from_db()
    assert shared.scope == "usage_data bill_data"


def test_tokens_of_before_go_on_and_a_refresh_has_the_further_scope(third_party, shared, owner):
    first = third_party.tokens_for(shared)

    agree(owner, page_of(third_party.ask(**wanting(shared))))

    assert [part.scope for part in data_access(first["access_token"], at=clock.now()).parts] == ["usage_data"]
    assert third_party.refresh(first["refresh_token"]).json()["scope"] == "usage_data bill_data"


def test_each_approval_of_a_grant_has_a_code_that_works_once(third_party, shared, owner):
    third_party.tokens_for(shared)  # of the first approval

    response = agree(owner, page_of(third_party.ask(**wanting(shared))))
    code = answered(response["Location"])["code"]

    assert third_party.exchange(code).status_code == 200
    assert third_party.exchange(code).status_code == 400


@pytest.mark.spec("R-172")
def test_what_is_not_ticked_stays_as_it_is_and_what_is_agreed_anew_stands(third_party, home, owner):
    other = add_service(owner=home.owner, account=home.account)
    grant = approve(ask(USAGE, user=home.owner, client=third_party.client))
    change_grant(
        grant=grant,
        sent={"authorization_details": [{"type": "usage_data", "end": "+2y"}, {"type": "bill_data"}]},
        at=clock.now(),
    )
    usage = {**USAGE, "end": "+2y"}
    form = PostedForm.on(owner, owner.get(page_of(third_party.ask(**wanting(grant, usage, BILLS)))))
    form.untick("share-bill_data")
    [services] = [name for name in form.data if name.startswith("contract-")]
    form.untick(services, other.contract.public_id)
    form.press("decision", "approve")

    grant.refresh_from_db()
    part = grant.parts.get()
    assert (grant.scope, part.scope) == ("usage_data", "usage_data")
    assert (part.access_ends - clock.now()).days > 700
    assert [selection.contract for selection in part.selections.all()] == [home.contract]
    assert grant.removed_services.get().contract == other.contract


def test_declined_it_changes_nothing(third_party, shared, owner):
    form = PostedForm.on(owner, owner.get(page_of(third_party.ask(**wanting(shared)))))

    assert error_of(form.press("decision", "deny")) == "access_denied"

    shared.refresh_from_db()
    assert (shared.status, shared.scope) == ("needs_authorization", "usage_data")


@pytest.mark.spec("R-166", "R-167")
@pytest.mark.parametrize(
    "unfit", ["unknown", "another's", "closed", "revoked", "paused", "scope", "own", "two words"]
)
def test_a_grant_id_that_does_not_fit_is_refused_before_the_login(third_party, rival, shared, home, unfit):
    sent = wanting(shared)
    if unfit == "unknown":
        sent["cds_grant_id"] = "nothing"
    elif unfit == "two words":
        sent["cds_grant_id"] = f"{shared.public_id} x"
    elif unfit == "another's":
        sent["cds_grant_id"] = approve(ask(USAGE, BILLS, user=home.owner, client=rival.client)).public_id
    elif unfit == "closed":
        close_grant(grant=shared, at=clock.now())
    elif unfit == "revoked":
        revoke_grant(grant=shared, by=None, actor=Actor.LINK, at=clock.now())
    elif unfit == "paused":
        suspend_grant(grant=shared, by=StaffFactory(), at=clock.now(), reason="A complaint")
    elif unfit == "scope":
        sent["authorization_details"] = json.dumps([{"type": "bill_statements"}])
    else:
        sent["cds_grant_id"] = own_grant(
            client=third_party.client, scope="bill_data", details=[], at=clock.now()
        ).public_id

    direct, pushed = third_party.ask(**sent), third_party.push(**sent)

    assert error_of(direct) == "cds_grant_id_invalid_value"
    assert answered(direct["Location"])["state"] == "st-1"
    assert (pushed.status_code, pushed.json()["error"]) == (400, "cds_grant_id_invalid_value")
    assert not ConsentRequest.objects.filter(status__in=["waiting", "pushed"]).exists()


@pytest.mark.spec("R-166")
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"authorization_details": "broken"}, "invalid_authorization_details"),
        ({"authorization_details": None, "scope": "nothing"}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
        ({"prompt": "none"}, "consent_required"),
    ],
)
def test_all_other_parameters_are_judged_first(third_party, shared, changes, error):
    assert error_of(third_party.ask(**wanting(shared, cds_grant_id="nothing", **changes))) == error


@pytest.mark.spec("R-167")
def test_a_pushed_request_whose_grant_ended_since_is_refused_before_the_login(third_party, shared):
    pushed = third_party.push(**wanting(shared)).json()
    close_grant(grant=shared, at=clock.now())

    assert error_of(third_party.arrive(pushed["request_uri"])) == "cds_grant_id_invalid_value"


@pytest.mark.spec("R-168")
@pytest.mark.parametrize(
    "unfit", ["stranger", "joint owner", "viewer now", "ended", "ended while it was read"]
)
def test_a_grant_id_that_does_not_fit_who_logged_in_is_refused_after_the_login(
    third_party, shared, home, owner, unfit
):
    page, browser = page_of(third_party.ask(**wanting(shared))), Browser()
    if unfit == "stranger":
        browser.force_login(household().owner)
    elif unfit == "joint owner":
        browser.force_login(MembershipFactory(customer=home.customer, user=UserFactory()).user)
    else:
        browser = owner
    if unfit == "viewer now":
        Membership.objects.filter(user=home.owner).update(role="viewer")
    form = PostedForm.on(owner, owner.get(page)) if unfit == "ended while it was read" else None
    if unfit.startswith("ended"):
        revoke_grant(grant=shared, by=home.owner, actor=Actor.CUSTOMER, at=clock.now())

    response = form.press("decision", "approve") if form else browser.get(page)

    assert error_of(response) == "cds_grant_id_invalid_user"
    assert answered(response["Location"])["state"] == "st-1"
    shared.refresh_from_db()
    assert shared.scope == "usage_data"


def test_who_logged_in_wrongly_leaves_the_request_to_its_customer(third_party, shared, owner):
    page, stranger = page_of(third_party.ask(**wanting(shared))), Browser()
    stranger.force_login(household().owner)
    stranger.get(page)

    agree(owner, page)

    shared.refresh_from_db()
    assert shared.scope == "usage_data bill_data"


@pytest.mark.spec("R-169")
def test_an_empty_grant_id_is_ignored(third_party, shared, owner):
    agree(owner, page_of(third_party.ask(**wanting(shared, cds_grant_id=""))))

    assert Grant.objects.filter(client=third_party.client).count() == 2


@pytest.mark.spec("R-169", "R-170")
@pytest.mark.parametrize(
    ("ids", "answer"), [(["", "{id}"], None), (["{id}", ""], None), (["{id}", "{id}"], "invalid_request")]
)
def test_more_than_one_that_says_something_is_refused(third_party, shared, ids, answer):
    sent = list(third_party.request(authorization_details=json.dumps([BILLS])).items())
    sent += [("cds_grant_id", each.format(id=shared.public_id)) for each in ids]

    direct = third_party.http.get(f"/oauth/authorize/?{urlencode(sent)}")
    pushed = _push(third_party, sent)

    if answer is None:
        page_of(direct)
        assert pushed.status_code == 201
        assert {request.updates for request in ConsentRequest.objects.filter(updates__isnull=False)} == {
            shared
        }
    else:
        assert error_of(direct) == answer
        assert (pushed.status_code, pushed.json()["error"]) == (400, answer)


def _push(third_party, sent):
    pair = base64.b64encode(f"{third_party.client.client_id}:{third_party.secret}".encode()).decode()
    return third_party.http.post(
        "/oauth/par/", urlencode(sent), content_type=FORM, headers={"Authorization": f"Basic {pair}"}
    )


def test_the_page_says_what_is_asked_in_addition_to_what_is_shared(third_party, shared, owner):
    page = owner.get(page_of(third_party.ask(**wanting(shared)))).content.decode()

    assert "You already share with" in page
    assert "What you tick is added to what you share" in page
    assert 'name="existing"' not in page


def test_a_restored_journal_knows_what_was_agreed_last(third_party, shared, owner, settings, tmp_path):
    settings.CONSENT_JOURNAL = tmp_path
    change_grant(
        grant=shared,
        sent={"authorization_details": [{"type": "usage_data", "resolution": "daily"}]},
        at=clock.now(),
    )
    change_grant(grant=shared, sent={"scope": "usage_data bill_data"}, at=clock.now())
    assert unmet_entries().count == 0

    agree(owner, page_of(third_party.ask(**wanting(shared))))

    assert unmet_entries().count == 0
    narrow_to(grant=shared, cut=lambda part: part if part.scope.id == "bill_data" else None, at=clock.now())
    assert unmet_entries().count == 0


@pytest.mark.spec("R-172")
def test_what_the_third_party_no_longer_wants_ends_when_its_customer_agrees(third_party, home, owner):
    grant = approve(ask(USAGE, user=home.owner, client=third_party.client))
    change_grant(grant=grant, sent={"scope": "bill_data"}, at=clock.now())
    page = page_of(third_party.ask(**wanting(grant)))
    assert "Not wanted any more:" in owner.get(page).content.decode()

    agree(owner, page)

    grant.refresh_from_db()
    assert (grant.status, grant.scope) == ("active", "bill_data")
    assert [part["scope"] for part in grant.receipts.get(superseded_by=None).facts["parts"]] == ["bill_data"]


def test_another_third_party_asks_for_itself_alone(rival, shared, owner):
    assert error_of(ThirdParty(ClientFactory()).ask(**wanting(shared))) == "cds_grant_id_invalid_value"
    assert error_of(rival.ask(**wanting(shared))) == "cds_grant_id_invalid_value"
