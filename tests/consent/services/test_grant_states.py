"""Grants as a state machine: whatever customers, third parties, staff and the clock do, in any order."""

from datetime import timedelta
from itertools import pairwise

import pytest
import time_machine
from django.db import transaction
from django.test import Client as Browser
from hypothesis import settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from cdsc_portal.lib.time import clock
from consent.models import Client, Grant, Review, ScopeOffer
from consent.queries.access import data_access
from consent.queries.registration_grants import grant_of_registration
from consent.services.decision import DecisionRefused, PartDecision
from consent.services.narrow import narrow_grant
from consent.services.revoke import (
    expire_grants,
    mark_partial_grants,
    resume_grant,
    suspend_grant,
)
from consent.services.stop import stop_sharing
from consent.services.third_parties.client_values import ValueRefused
from consent.services.third_parties.grant_changes import change_grant
from consent.services.third_parties.reviews import approve_review, refuse_review
from consent.transitions import ENDED, TRANSITIONS, GrantStatus, TransitionNotAllowed
from tests.consent.api.cds.third_party import third_party
from tests.consent.api.reader import issue_token
from tests.factories.accounts import StaffFactory, household
from tests.factories.consent import ClientFactory, approve, ask

SCOPES = ("usage_data", "bill_data", "bill_statements")
_ENDS = {"usage_data": "+1y", "bill_data": "+1mo", "bill_statements": "+6mo"}


class Rollback(Exception):  # noqa: N818 - ends an example
    pass


class Grants(RuleBasedStateMachine):
    """One grant of three kinds of data, with a token of all of them, on a clock that only moves on."""

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.time = time_machine.travel(clock.now(), tick=False)
        self.traveller = self.time.start()
        self.party = third_party(Browser())
        home = household()
        self.client = ClientFactory(registration=self.party.registration, allowed_scopes=list(SCOPES))
        details = [{"type": name, "end": _ENDS[name], "services": "all"} for name in SCOPES]
        self.grant = approve(ask(*details, user=home.owner, client=self.client))
        far = clock.now() + timedelta(days=3000)
        self.token = issue_token(self.grant, scope=" ".join(SCOPES), expires=far)
        self.staff = StaffFactory()
        ScopeOffer.objects.filter(offer_id="bill_data").update(reviews_wishes=True)

    def teardown(self) -> None:
        self.time.stop()
        self.transaction.__exit__(Rollback, Rollback(), None)

    def _try(self, act) -> None:
        """What is refused changes nothing; the savepoint takes back what a refusal left half done."""
        self.grant.refresh_from_db()
        try:
            with transaction.atomic():
                act()
        except (DecisionRefused, TransitionNotAllowed, ValueRefused):
            pass

    @rule(scopes=strategies.sets(strategies.sampled_from(SCOPES), min_size=1))
    def third_party_sets_the_scope(self, scopes):
        scope = " ".join(name for name in SCOPES if name in scopes)
        self._try(lambda: change_grant(grant=self.grant, sent={"scope": scope}, at=clock.now()))

    @rule(scope=strategies.sampled_from(SCOPES), end=strategies.sampled_from(["+1d", "+3mo", "+2y"]))
    def third_party_moves_an_end(self, scope, end):
        details = [{"type": name} for name in self.grant.scope.split() if name != scope]
        sent = {"authorization_details": [*details, {"type": scope, "end": end}]}
        self._try(lambda: change_grant(grant=self.grant, sent=sent, at=clock.now()))

    @rule()
    def third_party_closes(self):
        self._try(lambda: change_grant(grant=self.grant, sent={"status": "closed"}, at=clock.now()))

    @rule(whole=strategies.booleans())
    def customer_agrees_to_more(self, whole):
        """To a request for all that the third party wants, or for the first kind of it, from now on for a year."""
        names = (self.grant.requested_scope or self.grant.scope).split()
        details = [{"type": name, "end": "+1y", "services": "all"} for name in names][: None if whole else 1]
        request = ask(*details, user=self.grant.user, client=self.client)
        request.updates = self.grant
        request.save()
        self._try(lambda: approve(request))

    @rule(scopes=strategies.sets(strategies.sampled_from(SCOPES), min_size=1))
    def customer_narrows(self, scopes):
        parts = self.grant.parts.filter(scope__in=scopes)
        decision = [
            PartDecision(part.scope, frozenset(part.contracts.values_list("pk", flat=True))) for part in parts
        ]
        self._try(
            lambda: narrow_grant(grant=self.grant, decision=decision, by=self.grant.user, at=clock.now())
        )

    @rule()
    def customer_stops(self):
        self._try(lambda: stop_sharing(grant=self.grant, by=self.grant.user, at=clock.now()))

    @rule(approves=strategies.booleans())
    def staff_decide_on_a_wish(self, approves):
        for review in Review.objects.filter(grant=self.grant, status="waiting"):
            decide = approve_review if approves else refuse_review
            more = {"address_of": str} if approves else {"reason": "Not now"}
            decide(review=review, by=self.staff, at=clock.now(), **more)

    @rule()
    def staff_pause(self):
        self._try(
            lambda: suspend_grant(grant=self.grant, by=self.staff, at=clock.now(), reason="A complaint")
        )

    @rule()
    def staff_resume(self):
        if Grant.objects.get(pk=self.grant.pk).status == GrantStatus.SUSPENDED:  # the one step admin offers
            self._try(lambda: resume_grant(grant=self.grant, by=self.staff, at=clock.now(), reason="Settled"))

    @rule(status=strategies.sampled_from(["production", "suspended"]))
    def staff_move_the_object(self, status):
        Client.objects.filter(pk=self.client.pk).update(status=status)

    @rule(days=strategies.sampled_from([1, 20, 40, 200]))
    def time_passes(self, days):
        self.traveller.shift(timedelta(days=days))

    @rule()
    def sweep(self):
        expire_grants(at=clock.now())
        mark_partial_grants(at=clock.now())

    @invariant()
    def what_is_enabled_is_what_the_gate_opens(self):
        shown, access = self._shown(), data_access(self.token, at=clock.now())
        opened = {part.scope for part in access.parts} if access else set()
        scope, details = shown.enabled()
        assert set(scope.split()) == opened
        assert (details == "[]") is (opened == set())

    @invariant()
    def a_wish_waits_for_staff_while_the_grant_is_pending(self):
        waiting = Review.objects.filter(grant=self.grant, status="waiting").count()
        assert waiting == (Grant.objects.get(pk=self.grant.pk).status == GrantStatus.PENDING)

    @invariant()
    def every_step_stands_in_the_table(self):
        events = list(self.grant.events.order_by("pk"))
        assert events[0].from_status == ""
        for former, event in pairwise(events):
            assert event.from_status == former.to_status
            same = event.from_status == event.to_status
            assert same or event.to_status in TRANSITIONS[GrantStatus(event.from_status)]
        stored = Grant.objects.get(pk=self.grant.pk)
        assert events[-1].to_status == stored.status

    @invariant()
    def what_is_shown_is_one_of_the_fourteen_and_an_end_is_an_end(self):
        shown, stored = self._shown(), Grant.objects.get(pk=self.grant.pk)
        status = shown.status_at(clock.now())
        if stored.status in ENDED:
            assert status == stored.status
            assert stored.requested_scope is None
        wants_more = stored.requested_scope is not None
        assert wants_more == (stored.requested_details is not None)
        assert wants_more <= (stored.status in ("needs_authorization", "pending", "suspended"))
        if stored.status in ("needs_authorization", "pending"):
            assert wants_more
        assert stored.receipts.filter(superseded_by=None).count() == 1

    def _shown(self):
        shown = grant_of_registration(
            self.grant.public_id, registration=self.party.registration.pk, at=clock.now()
        )
        assert shown is not None
        return shown


@pytest.mark.django_db
@pytest.mark.spec("R-151", "R-152", "R-153", "R-159", "R-160")
def test_no_sequence_leaves_the_table_and_what_is_enabled_is_what_opens():
    run_state_machine_as_test(
        Grants, settings=settings(max_examples=25, stateful_step_count=12, deadline=None)
    )
