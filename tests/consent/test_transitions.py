"""The life of a grant: fourteen states, and which may follow which."""

import pytest

from consent.transitions import (
    ENDED,
    OPEN,
    READABLE,
    TRANSITIONS,
    GrantStatus,
    TransitionNotAllowed,
    require_transition,
)

WIRE = {
    "active",
    "future",
    "pending",
    "partial",
    "needs_authorization",
    "needs_sub_grants",
    "disabled",
    "suspended",
    "revoked",
    "closed",
    "expired",
    "delayed",
    "stopped",
    "errored",
}


def test_the_states_are_those_of_the_wire_each_with_its_transitions():
    assert {status.value for status in GrantStatus} == WIRE
    assert set(TRANSITIONS) == set(GrantStatus)


@pytest.mark.parametrize("status", sorted(ENDED))
def test_nothing_follows_an_end(status):
    assert TRANSITIONS[status] == frozenset()


@pytest.mark.parametrize("status", sorted(OPEN))
def test_whatever_is_open_can_be_ended_by_customer_company_time_and_utility(status):
    for end in ENDED:
        require_transition(status, end)


@pytest.mark.parametrize("status", sorted(GrantStatus))
def test_no_state_follows_itself_and_none_returns_to_the_future(status):
    assert status not in TRANSITIONS[status]
    assert GrantStatus.FUTURE not in TRANSITIONS[status]


def test_an_end_a_pause_a_later_start_and_a_fault_open_no_data():
    closed = {GrantStatus.SUSPENDED, GrantStatus.FUTURE, GrantStatus.ERRORED}

    assert OPEN - closed == READABLE


def test_a_refusal_names_both_states():
    with pytest.raises(TransitionNotAllowed, match="revoked cannot become active"):
        require_transition("revoked", "active")
