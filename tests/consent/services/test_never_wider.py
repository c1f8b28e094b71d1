"""Whatever is decided: never more than was asked, in data, services or time."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Commodity, ServiceContract
from cdsc_portal.lib.time.ranges import Span
from consent.periods import narrowed_period, requested_period
from consent.requests import AccessRequest, RequestedPart
from consent.scopes.base import Period
from consent.scopes.catalogue import SCOPES
from consent.services.approve import approve_request
from consent.services.decision import DecisionRefused, PartDecision
from consent.services.narrow import narrow_grant
from consent.services.offer import build_offer
from tests.factories.accounts import add_service, household
from tests.factories.consent import ask
from tests.support.examples import rolled_back

AT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
DAYS = st.none() | st.dates(date(2023, 11, 20), date(2029, 11, 28))
ENDS = (None, "now", "-1mo", "+1y", "2026-11-24")


@st.composite
def decisions(draw, scopes, contracts):
    parts = [
        PartDecision(
            scope=scope,
            contracts=frozenset(draw(st.sets(st.sampled_from(contracts)))),
            include_future=draw(st.booleans()),
            start=draw(DAYS),
            end=draw(DAYS),
        )
        for scope in draw(st.lists(st.sampled_from(scopes), max_size=3))
    ]
    return tuple(parts)


@pytest.fixture
def homes(db):
    home = household()
    return home, add_service(owner=home.owner, account=home.account, commodity=Commodity.GAS), household()


@pytest.mark.spec("X-10", "X-11")
@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
@rolled_back
def test_no_decision_yields_more_than_was_asked(data, homes):
    home, gas, stranger = homes
    named = [home.contract.contract_number, stranger.contract.contract_number]
    request = ask(
        {"type": "usage_data", "start": "-1y", "services": data.draw(st.sampled_from(["all", named]))}
        | _end(data),
        {"type": "supply_details", "services": named} | _end(data),
        {"type": "generation_mix", "start": "2026-01-01", "services": "all"} | _end(data),
        user=home.owner,
        at=AT,
    )
    contracts = [home.contract.pk, gas.contract.pk, stranger.contract.pk]
    scopes = ["usage_data", "customer_supply_details", "generation_mix", "bill_data"]
    offer = build_offer(request, home.owner, AT)
    try:
        grant = approve_request(
            request=request,
            decision=data.draw(decisions(scopes, contracts)),
            by=home.owner,
            digest=offer.digest,
            at=AT,
        )
    except DecisionRefused:
        return
    _assert_within(grant, AccessRequest.from_json(request.details), home)
    before = {part.scope: (part, _contracts(part)) for part in grant.parts.all()}
    later = AT + timedelta(hours=data.draw(st.integers(0, 23)))
    try:
        narrow_grant(grant=grant, decision=data.draw(decisions(scopes, contracts)), by=home.owner, at=later)
    except DecisionRefused:
        return
    for part in grant.parts.all():
        former, held = before[part.scope]
        assert _contracts(part) <= held
        assert _window(former).covers(_window(part))
        assert part.access_ends <= former.access_ends


def _end(data):
    end = data.draw(st.sampled_from(ENDS))
    return {"end": end} if end else {}


def _assert_within(grant, requested, home):
    wanted = {part.scope: part for part in requested.parts}
    for part in grant.parts.all():
        period = requested_period(
            wanted[part.scope],
            at=AT,
        )
        assert period.window.covers(_window(part))
        assert part.access_ends <= period.access_ends
        services = wanted[part.scope].services
        for contract in ServiceContract.objects.filter(pk__in=_contracts(part)):
            assert contract.billing_account == home.account
            assert services == "all" or contract.contract_number in services
            assert SCOPES[part.scope].can_cover(contract.commodity)
        if part.future_accounts.exists():
            assert services == "all" and period.lasting
            assert list(part.future_accounts.all()) == [home.account]


def _contracts(part):
    return set(part.contracts.values_list("pk", flat=True))


def _window(part):
    assert SCOPES[part.scope].period is Period.DATA or (part.window_start, part.window_end) == (None, None)
    return Span(part.window_start, part.window_end)


@given(start=DAYS, end=DAYS, requested_end=st.sampled_from(ENDS), scope=st.sampled_from(sorted(SCOPES)))
def test_a_narrowed_period_lies_inside_the_asked_one_and_is_not_empty(start, end, requested_end, scope):
    part = RequestedPart(scope, scope, "-1y", requested_end)
    requested = requested_period(
        part,
        at=AT,
    )
    try:
        narrowed = narrowed_period(
            requested,
            kind=SCOPES[scope].period,
            start=start,
            end=end,
            at=AT,
        )
    except ValueError:
        return

    assert requested.window.covers(narrowed.window)
    assert AT < narrowed.access_ends <= requested.access_ends
    assert not narrowed.is_empty
