"""Messages under contention, and after any sequence of what both sides may do with them."""

import json
from itertools import count

import pytest
from django.db import IntegrityError, transaction
from django.test import Client as Browser
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from cdsc_portal.lib.time import clock
from consent.mail.client_messages import reply
from consent.models import ALLOWED_STATUSES, Message, MessageStatus, MessageType, Review
from consent.services.clients import ClientChangeRefused
from consent.services.third_parties.reviews import approve_review, refuse_review, return_review
from consent.services.third_parties.threads import answer
from tests.consent.api.cds.messages import ITEMS, LIST, request_of_staff
from tests.consent.api.cds.third_party import bearer, third_party
from tests.factories.accounts import StaffFactory
from tests.support.threads import at_once


def address_of(client):
    return f"https://share.example.com/cds/clients/{client.client_id}"


def call(party, method, path, body):
    """From a thread of its own."""
    sent = json.dumps(body)
    answer = getattr(Browser(), method)(
        path, sent, content_type="application/json", headers=bearer(party.token)
    )
    return answer.status_code


@pytest.mark.spec("R-133", "R-111")
@pytest.mark.django_db(transaction=True)
def test_marking_as_read_while_staff_reply_loses_neither(client):
    party = third_party(client)
    request, staff = request_of_staff(party), StaffFactory()
    path, turns = f"{LIST}/{request.public_id}", count()

    def both():
        if next(turns) % 2:
            return call(party, "patch", path, {"read": True})
        reply(message=request, status=MessageStatus.COMPLETE, text="Done.", by=staff, at=clock.now())
        return 200

    assert at_once(2, both) == [200, 200]
    request.refresh_from_db()
    assert (request.read, request.status) == (True, "complete")


@pytest.mark.django_db(transaction=True)
def test_two_decisions_at_once_are_one(client):
    party = third_party(client)
    request, staff, turns = request_of_staff(party), StaffFactory(), count()
    path = f"{LIST}/{request.public_id}"
    uri = party.get(path).json()["uri"]
    body = {
        "type": "client_submission", "name": "", "description": "", "previous_uri": uri,
        "updates_requested": [{"field": "item_1", "description": "x"}],
    }  # fmt: skip
    assert call(party, "post", LIST, body) == 201
    review = Review.objects.get(kind="submission")

    def decide():
        try:
            if next(turns) % 2:
                approve_review(review=review, by=staff, address_of=address_of, at=clock.now())
            else:
                refuse_review(review=review, by=staff, reason="No.", at=clock.now())
        except ClientChangeRefused:
            return "refused"
        return "decided"

    assert sorted(at_once(2, decide)) == ["decided", "refused"]
    request.refresh_from_db()
    (update,) = Message.objects.filter(previous=request, type="request_update")
    assert update.status == request.status


@pytest.mark.django_db(transaction=True)
def test_two_answers_of_staff_at_once_resolve_the_request_in_one_thread(client):
    party = third_party(client)
    body = {"type": "support_request", "name": "A", "description": "B", "previous_uri": None}
    assert call(party, "post", LIST, body) == 201
    thread, staff, turns = Message.objects.get(type="support_request"), StaffFactory(), count()

    def write():
        text = f"Answer {next(turns)}"
        answer(thread=thread, by=staff, by_client=False, text=text, at=clock.now())
        return "written"

    assert at_once(2, write) == ["written"] * 2
    thread.refresh_from_db()
    assert (thread.status, Message.objects.filter(first=thread).count()) == ("complete", 2)


@pytest.mark.spec("R-134")
@pytest.mark.django_db(transaction=True)
def test_two_submissions_at_once_leave_one_that_waits(client):
    party = third_party(client)
    uri = party.get(f"{LIST}/{request_of_staff(party).public_id}").json()["uri"]
    body = {
        "type": "client_submission", "name": "", "description": "", "previous_uri": uri,
        "updates_requested": [{"field": "item_1", "description": "x"}],
    }  # fmt: skip

    assert at_once(2, lambda: call(party, "post", LIST, body)) == [201, 201]
    reviews = Review.objects.filter(kind="submission")
    assert sorted(review.status for review in reviews) == ["waiting", "withdrawn"]


@pytest.mark.spec("R-103", "R-98")
@pytest.mark.django_db
def test_the_table_of_statuses_has_every_type_and_the_database_holds_it(client):
    party = third_party(client)
    assert set(ALLOWED_STATUSES) == set(MessageType)
    for kind, allowed in ALLOWED_STATUSES.items():
        for status in ("complete", "open", "pending", "rejected", "errored"):
            row = Message(
                registration=party.registration, type=kind, status=status, by_client=False, name="x"
            )
            if status in allowed:
                row.save()
                continue
            with pytest.raises(IntegrityError), transaction.atomic():
                row.save()


class Messages(RuleBasedStateMachine):
    """Both sides do what they may, in any order."""

    def __init__(self):
        super().__init__()
        self.party = third_party(Browser())
        self.staff = StaffFactory()

    def post(self, **members):
        body = {"previous_uri": None, "name": "", "description": "", **members}
        return self.party.send("post", LIST, body)

    def uris(self):
        listing = self.party.get(LIST).json()
        return [each["uri"] for each in (*listing["unread"], *listing["read"])]

    @rule(kind=st.sampled_from(["support_request", "private_message"]), answers=st.booleans(), data=st.data())
    def write(self, kind, answers, data):
        previous = data.draw(st.sampled_from(self.uris())) if answers and self.uris() else None
        answer = self.post(type=kind, name="A", description="B", previous_uri=previous)
        assert answer.status_code == 201

    @rule()
    def ask_for_production(self):
        uri = self.party.get(self.party.uri(self.party.sandbox)).json()["cds_client_uri"]
        assert self.post(type="production_request", related_uri=uri).status_code == 201

    @rule()
    def staff_ask(self):
        request_of_staff(self.party)

    @rule(data=st.data())
    @precondition(lambda self: Message.objects.filter(type="server_request").exists())
    def submit(self, data):
        request = data.draw(
            st.sampled_from(list(Message.objects.filter(type="server_request").order_by("pk")))
        )
        answer = self.post(
            type="client_submission",
            previous_uri=self.party.get(f"{LIST}/{request.public_id}").json()["uri"],
            updates_requested=[{"field": "item_1", "description": "x"}],
        )
        assert answer.status_code == (201 if request.status in ("open", "pending") else 400)

    @rule(data=st.data(), how=st.sampled_from(["approve", "refuse", "return"]))
    def decide(self, data, how):
        waiting = list(Review.objects.filter(status="waiting").order_by("pk"))
        if not waiting:
            return
        review = data.draw(st.sampled_from(waiting))
        sent = {"review": review, "by": self.staff, "at": clock.now()}
        if how == "approve":
            approve_review(address_of=address_of, **sent)
        elif how == "refuse":
            refuse_review(reason="No.", **sent)
        else:
            return_review(text="More.", items=ITEMS, **sent)

    @rule(data=st.data())
    def staff_answer(self, data):
        first = data.draw(st.sampled_from(list(Message.objects.filter(first=None).order_by("pk"))))
        if first.type not in ("notification", "field_changes"):
            answer(thread=first, by=self.staff, by_client=False, text="Yes.", at=clock.now())

    @rule(data=st.data(), read=st.booleans())
    def mark(self, data, read):
        uri = data.draw(st.sampled_from(self.uris()))
        assert self.party.send("patch", uri, {"read": read}).json()["read"] is read

    @invariant()
    def every_message_is_in_a_state_of_its_type_and_a_thread_of_its_registration(self):
        for message in Message.objects.select_related("previous", "first"):
            assert message.status in ALLOWED_STATUSES[MessageType(message.type)]
            assert (message.first is None) == (message.previous is None)
            if message.previous:
                assert message.first == (message.previous.first or message.previous)
                assert message.previous.registration_id == message.registration_id

    @invariant()
    def the_lists_are_what_they_say(self):
        listing = self.party.get(LIST).json()
        assert all(each["status"] in ("open", "pending") for each in listing["outstanding"])
        assert all(not each["read"] for each in listing["unread"])
        assert all(each["read"] for each in listing["read"])
        total = Message.objects.filter(registration=self.party.registration).count()
        assert len(listing["unread"]) + len(listing["read"]) == total

    @invariant()
    def what_waits_for_staff_is_what_a_message_says(self):
        for review in Review.objects.exclude(message=None).select_related("message"):
            if review.status == "waiting":
                assert review.message.status == "pending", review

    @invariant()
    def a_request_has_the_state_of_its_latest_update(self):
        """B-8, R-111."""
        for request in Message.objects.filter(type__in=("server_request", "production_request")):
            updates = Message.objects.filter(previous=request, type="request_update")
            latest = updates.order_by("-pk").first()
            if latest and request.status not in ("pending", latest.status):
                raise AssertionError(request)


@pytest.mark.spec("R-103", "R-119", "R-131")
@pytest.mark.django_db
def test_no_sequence_of_calls_reaches_a_state_outside_the_tables(settings):
    settings.API_CALLS_PER_MINUTE = 1_000_000
    settings.REGISTRATIONS_PER_MINUTE = 1_000_000

    class Undone(Messages):
        """Each run in a transaction that ends with it."""

        def __init__(self):
            self.atomic = transaction.atomic()
            self.atomic.__enter__()
            super().__init__()

        def teardown(self):
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    run_state_machine_as_test(
        Undone, settings=hypothesis_settings(max_examples=12, stateful_step_count=15, deadline=None)
    )
