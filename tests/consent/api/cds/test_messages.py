"""The Messages API (CDS-WG1-02 9): who writes what, how it is listed, read and answered."""

import pytest

from cdsc_portal.lib.time import clock
from consent.mail.client_messages import notify
from consent.models import Grant, Message, Review
from consent.services.third_parties.threads import answer, ask_for_more
from tests.consent.api.cds.messages import (
    ITEMS,
    LIST,
    SUPPORT,
    address,
    file,
    ids,
    post,
    request_of_staff,
    uri,
    written,
)
from tests.factories.accounts import StaffFactory
from tests.support.queries import count_queries

pytestmark = pytest.mark.django_db
EMPTY = {
    f"{name}{part}": None if part else []
    for name in ("outstanding", "unread", "read")
    for part in ("", "_next", "_previous")
}


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


# --- reading


@pytest.mark.spec("R-95", "R-96", "R-97", "R-01", "R-102", "R-113")
def test_a_message_of_the_server_has_every_member_and_is_unread(party):
    listing = party.get(LIST).json()

    (made,) = listing["unread"]  # the grant that the first token was made for
    assert made.keys() == {
        "message_id", "uri", "previous_uri", "type", "read", "creator", "created", "modified", "status", "name",
        "description", "related_uri", "related_type",
    }  # fmt: skip
    assert (made["type"], made["status"], made["read"], made["creator"]) == (
        "notification", "complete", False, None,
    )  # fmt: skip
    assert (made["previous_uri"], made["related_type"]) == (None, "grant")
    assert made["related_uri"].endswith(f"/cds/grants/{Grant.objects.get().public_id}")
    assert party.get(made["uri"]).json() == made


@pytest.mark.spec("R-119", "R-120", "R-181")
def test_the_three_lists_overlap_and_come_newest_change_first(party, stranger):
    Message.objects.update(read=True)
    request = request_of_staff(party)
    support = written(party, **SUPPORT)

    listing = party.get(LIST).json()

    assert ids(listing, "outstanding") == [support["message_id"], request.public_id]
    assert ids(listing, "unread") == [request.public_id]
    assert ids(listing, "read")[0] == support["message_id"]
    party.send("patch", uri(request), {"read": True})
    listing = party.get(LIST).json()
    assert (
        ids(listing, "outstanding") == ids(listing, "read")[:2] == [request.public_id, support["message_id"]]
    )
    assert listing.keys() == EMPTY.keys()


@pytest.mark.spec("R-180")
def test_it_is_filtered_by_ids_and_a_foreign_one_is_in_no_list(party, stranger):
    mine, theirs = written(party, **SUPPORT), written(stranger, **SUPPORT)

    both = party.get(f"{LIST}?message_ids={mine['message_id']}%20{theirs['message_id']}").json()

    assert ids(both, "outstanding") == ids(both, "read") == [mine["message_id"]]
    assert party.get(f"{LIST}?message_ids={theirs['message_id']}").json() == EMPTY
    assert party.get(f"{LIST}?message_ids=nobody").json() == EMPTY


@pytest.mark.spec("R-120")
def test_each_list_is_paged_by_itself_with_the_others_empty(party):
    for number in range(101):
        notify(client=party.admin, subject=f"News {number}", text="x", at=clock.now(), mailed=False)

    first = party.get(LIST).json()
    second = party.get(first["unread_next"]).json()

    assert (len(first["unread"]), len(second["unread"])) == (100, 2)
    assert (first["unread_previous"], second["unread_next"]) == (None, None)
    assert second == {**EMPTY, "unread": second["unread"], "unread_previous": second["unread_previous"]}
    assert party.get(second["unread_previous"]).json()["unread"] == first["unread"]
    assert not set(ids(first, "unread")) & set(ids(second, "unread"))


@pytest.mark.parametrize("query", ["list=all", "page=x", "list=read&page=x", "message_ids=a&message_ids=b"])
def test_a_parameter_that_cannot_be_read_is_refused(party, query):
    assert party.get(f"{LIST}?{query}").status_code == 400


def test_a_listing_makes_as_many_queries_for_many_as_for_few(party):
    def some():
        request = request_of_staff(party)
        written(party, **SUPPORT, attachments=[file(b"x")])
        written(
            party, type="private_message", name="A", description="B", previous_uri=address(party, request)
        )

    some()
    few = count_queries(lambda: party.get(LIST))
    for _ in range(3):
        some()

    assert count_queries(lambda: party.get(LIST)) == few


@pytest.mark.spec("R-95", "R-133")
def test_what_is_another_registrations_is_not_there(party, stranger):
    theirs = written(stranger, **SUPPORT, attachments=[file(b"secret")])

    for path in (theirs["uri"], theirs["attachments"][0]["uri"]):
        assert party.get(path).status_code == 404
    assert party.send("patch", theirs["uri"], {"read": False}).status_code == 404
    assert post(party, **{**SUPPORT, "previous_uri": theirs["uri"]}).status_code == 400
    mine = written(party, **SUPPORT)
    mixed = f"{mine['uri']}/attachments/{theirs['attachments'][0]['uri'].rsplit('/', 1)[1]}"
    assert party.get(mixed).status_code == 404


@pytest.mark.spec("R-133")
def test_only_read_changes_and_the_rest_is_ignored(party):
    message = written(party, **SUPPORT)

    unread = party.send("patch", message["uri"], {"read": False, "status": "complete", "name": "Other"})
    same = party.send("patch", message["uri"], {"name": "Other"})

    assert unread.status_code == same.status_code == 200
    assert unread.json() == same.json() == {**message, "read": False, "modified": unread.json()["modified"]}
    assert unread.json()["modified"] > message["modified"]
    for wrong in ("true", 1, None, []):
        assert party.send("patch", message["uri"], {"read": wrong}).status_code == 400
    assert party.get(message["uri"]).json() == same.json()


# --- writing


@pytest.mark.spec("R-127", "R-130", "R-122", "R-123")
@pytest.mark.parametrize(
    ("kind", "status"), [("support_request", "pending"), ("private_message", "complete")]
)
def test_support_and_private_messages_have_subject_and_body_and_are_read(party, kind, status):
    answer = post(party, type=kind, name="Hello", description="World")

    message = answer.json()
    assert (answer.status_code, answer["Location"]) == (201, message["uri"])
    assert (message["type"], message["status"], message["read"]) == (kind, status, True)
    assert (message["creator"], message["previous_uri"]) == (party.client_id, None)
    assert (message["name"], message["description"]) == ("Hello", "World")
    assert message["created"] == message["modified"]
    assert "related_uri" not in message
    assert party.get(message["uri"]).json() == message


@pytest.mark.spec("R-128", "R-122", "R-123", "R-124", "R-125")
@pytest.mark.parametrize(
    ("sent", "member"),
    [
        ({"type": "notification"}, "type"),
        ({"type": "request_update"}, "type"),
        ({"type": None}, "type"),
        ({"type": 3}, "type"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"name": "right \u202e left"}, "name"),
        ({"description": " "}, "description"),
        ({"description": "x" * 10_001}, "description"),
        ({"previous_uri": "https://other.example/cds/messages/1"}, "previous_uri"),
        ({"previous_uri": 7}, "previous_uri"),
        ({"related_uri": "javascript:alert(1)"}, "related_uri"),
        ({"related_uri": ["https://a.example"]}, "related_uri"),
        ({"updates_requested": [{"field": "a", "description": "b"}]}, "updates_requested"),
        ({"grants_requested": [{"scope": "usage_data", "authorization_details": []}]}, "grants_requested"),
        ({"attachments": {}}, "attachments"),
        ({"attachments": ["x"]}, "attachments"),
        ({"type": "production_request"}, "related_uri"),
        ({"type": "production_request", "related_uri": "https://app.example/"}, "related_uri"),
        ({"type": "grant_request"}, "related_uri"),
        ({"type": "client_submission", "name": "", "description": ""}, "previous_uri"),
        ({"type": "client_submission"}, "name"),
    ],
)
def test_what_is_incomplete_or_wrong_is_refused_and_names_the_member(party, sent, member):
    before = Message.objects.count()

    answer = post(party, **{**SUPPORT, **sent})

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert member in answer.json()["error_description"]
    assert Message.objects.count() == before


@pytest.mark.spec("R-128")
@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"type": "a\\u0000"}', b'{"name": "\\ud800"}', b'{"a":1,"a":2}']
)
def test_a_body_that_cannot_be_stored_is_refused(party, body):
    assert party.send("post", LIST, body).status_code == 400


@pytest.mark.spec("R-102", "R-113")
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/cds/clients/{id}", "client"),
        ("/cds/clients", "client_list"),
        ("/cds/messages?message_ids=a", "message_list"),
        ("/cds/credentials", "credential_list"),
        ("/docs/", "documentation"),
        ("https://app.example/status", "more_info"),
    ],
)
def test_where_a_message_leads_says_what_is_there(party, settings, path, kind):
    path = path.replace("{id}", party.sandbox.client_id)
    related = path if path.startswith("https") else settings.PUBLIC_URL + path

    message = written(party, **SUPPORT, related_uri=related)

    assert (message["related_uri"], message["related_type"]) == (related, kind)


@pytest.mark.spec("R-122", "R-130", "R-132")
def test_a_production_request_names_the_sandbox_object_and_waits_for_staff(party):
    sandbox = party.get(party.uri(party.sandbox)).json()["cds_client_uri"]

    first = written(party, type="production_request", related_uri=sandbox)
    second = written(party, type="production_request", related_uri=sandbox)

    assert (second["status"], second["related_type"]) == ("pending", "client")
    reviews = Review.objects.filter(kind="production_request").order_by("pk")
    assert [review.status for review in reviews] == ["withdrawn", "waiting"]
    assert reviews[1].client == party.sandbox
    listing = party.get(LIST).json()
    assert ids(listing, "outstanding") == [second["message_id"]]
    reply = next(each for each in listing["unread"] if each["previous_uri"] == first["uri"])
    assert (reply["type"], reply["status"]) == ("request_update", "rejected")
    admin = party.get(party.uri(party.admin)).json()["cds_client_uri"]
    assert post(party, type="production_request", related_uri=admin).status_code == 400


@pytest.mark.spec("R-100", "R-117", "R-125", "R-130", "R-132")
def test_a_grant_request_lists_grants_of_the_objects_own_scopes(party):
    related = party.get(party.uri(party.sandbox)).json()["cds_client_uri"]
    grants = [{"scope": "usage_data", "authorization_details": [{"type": "usage_data", "services": "all"}]}]

    message = written(party, type="grant_request", related_uri=related, grants_requested=grants)

    assert (message["status"], message["grants_requested"]) == ("pending", grants)
    assert Review.objects.get(kind="grant_request").client == party.sandbox
    for wrong in (
        [],
        [{"scope": "usage_data"}],
        [{"scope": "", "authorization_details": []}],
        [{"scope": "bill_data", "authorization_details": []}],
        [{"scope": "", "authorization_details": [{"type": "bill_data"}]}],
        [{"scope": "usage_data", "authorization_details": [{}]}],
    ):
        answer = post(party, type="grant_request", related_uri=related, grants_requested=wrong)
        assert (answer.status_code, "grants_requested" in answer.json()["error_description"]) == (400, True)


def test_a_foreign_object_at_related_uri_looks_like_one_that_never_was(party, stranger):
    grants = [{"scope": "usage_data", "authorization_details": []}]
    foreign = stranger.get(stranger.uri(stranger.sandbox)).json()["cds_client_uri"]
    answers = [
        post(party, type="grant_request", related_uri=related, grants_requested=grants).json()
        for related in (foreign, foreign.replace(stranger.sandbox.client_id, "nobody"))
    ]

    assert [each["status"] for each in answers] == ["pending", "pending"]
    assert not Review.objects.filter(kind="grant_request").exclude(client=None).exists()
    assert post(party, type="production_request", related_uri=foreign).status_code == 400


# --- requests of the server, and what answers them


@pytest.mark.spec("R-99", "R-115", "R-121", "R-124", "R-130", "R-131")
def test_a_submission_turns_the_open_request_pending(party):
    row = request_of_staff(party)
    request = party.get(uri(row)).json()
    assert (request["type"], request["status"], request["read"]) == ("server_request", "open", False)
    assert request["updates_requested"] == [
        {"field": "item_1", "name": "Contract", "description": "The signed contract"},
        {"field": "item_2", "name": "Owner", "description": "Who owns the company"},
    ]

    sent = [
        {"field": "item_1", "uri": "https://app.example/contract.pdf"},
        {"field": "item_2", "description": "Demo Ltd"},
    ]
    message = written(party, type="client_submission", previous_uri=request["uri"], updates_requested=sent)

    assert (message["status"], message["name"], message["previous_uri"]) == ("complete", "", request["uri"])
    assert [each["field"] for each in message["updates_requested"]] == ["item_1", "item_2"]
    assert message["updates_requested"][0]["uri"] == "https://app.example/contract.pdf"
    assert party.get(request["uri"]).json()["status"] == "pending"
    review = Review.objects.get(kind="submission")
    assert (review.message, review.status) == (row, "waiting")


@pytest.mark.spec("R-134")
def test_a_newer_submission_takes_the_place_of_one_that_waits(party):
    request = request_of_staff(party)

    for text in ("First", "Second"):
        written(
            party,
            type="client_submission",
            previous_uri=address(party, request),
            updates_requested=[{"field": "item_1", "description": text}],
        )

    assert [each.status for each in Review.objects.filter(kind="submission").order_by("pk")] == [
        "withdrawn", "waiting",
    ]  # fmt: skip
    request.refresh_from_db()
    assert request.status == "pending"


@pytest.mark.spec("R-121", "R-124", "R-128")
def test_a_submission_answers_what_was_asked_and_nothing_else(party):
    request = request_of_staff(party)
    mine = written(party, **SUPPORT)
    right = [{"field": "item_1", "description": "x"}]
    refused = [
        (mine["uri"], right),
        (address(party, request), []),
        (address(party, request), [{"field": "item_9", "description": "x"}]),
        (address(party, request), [*right, *right]),
        (address(party, request), [{"field": "item_1"}]),
        (address(party, request), [{"field": "item_1", "uri": "ftp://a.example"}]),
        (address(party, request), "item_1"),
    ]

    for previous, updates in refused:
        answer = post(party, type="client_submission", previous_uri=previous, updates_requested=updates)
        assert answer.status_code == 400, (previous, updates)
    Message.objects.filter(pk=request.pk).update(status="complete")
    sent = {"type": "client_submission", "previous_uri": address(party, request), "updates_requested": right}
    assert post(party, **sent).status_code == 400
    assert not Review.objects.filter(kind="submission").exists()


@pytest.mark.spec("R-134")
def test_an_answer_of_staff_resolves_a_support_request_and_what_amends_it(party):
    first = written(party, **SUPPORT)
    second = written(party, **{**SUPPORT, "description": "It is back."}, previous_uri=first["uri"])
    thread = Message.objects.get(public_id=first["message_id"])

    answer(thread=thread, by=StaffFactory(), by_client=False, text="Thank you.", at=clock.now())

    assert [party.get(each["uri"]).json()["status"] for each in (first, second)] == ["complete"] * 2
    update = next(each for each in party.get(LIST).json()["unread"] if each["type"] == "request_update")
    assert (update["description"], update["status"]) == ("Thank you.", "complete")
    assert update["previous_uri"] == second["uri"]


def test_more_that_is_asked_stands_in_the_thread_of_the_request(party):
    sandbox = party.get(party.uri(party.sandbox)).json()["cds_client_uri"]
    first = written(party, type="production_request", related_uri=sandbox)
    message = Message.objects.get(public_id=first["message_id"])

    ask_for_more(message=message, items=ITEMS, by=StaffFactory(), text="Please.", at=clock.now())

    request = party.get(LIST).json()["unread"][0]
    assert (request["type"], request["previous_uri"], request["status"]) == (
        "server_request",
        first["uri"],
        "open",
    )
    assert party.get(first["uri"]).json()["status"] == "pending"
