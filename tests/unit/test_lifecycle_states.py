"""What may happen to an account and to its reminders, written down apart from the code."""

from itertools import product

import pytest

from bot.lifecycle.phases import PhaseEvent, PhaseRefused, phase_after
from bot.lifecycle.states import Event, TransitionRefused, arrival
from storage.vocabulary import ReminderPhase, State
from tests.support.rows import every

STATES = {
    Event.LINK_MADE: {
        "created": "awaiting_sign_in user",
        "awaiting_sign_in": "awaiting_sign_in user",
        "awaiting_admin": "awaiting_sign_in user",
        "disconnected": "awaiting_sign_in user",
    },
    Event.SIGN_IN_FAILED: {
        "awaiting_sign_in": "awaiting_sign_in None",
        "awaiting_admin": "awaiting_sign_in None",
    },
    Event.SIGN_IN_HELD: {
        "awaiting_sign_in": "awaiting_sign_in None",
        "awaiting_admin": "awaiting_sign_in None",
    },
    Event.HELD_IS_OVER: {"awaiting_sign_in": "awaiting_sign_in user"},
    Event.APPROVAL_NEEDED: {
        "awaiting_sign_in": "awaiting_admin administrator",
        "awaiting_admin": "awaiting_admin administrator",
    },
    Event.APPROVAL_GIVEN: {"awaiting_admin": "awaiting_sign_in user"},
    Event.TEST_BEGAN: {
        "awaiting_sign_in": "testing maildesk",
        "awaiting_admin": "testing maildesk",
        "testing": "testing maildesk",
        "failing": "testing maildesk",
        "broken": "testing maildesk",
    },
    Event.TEST_PASSED: {
        "testing": "live maildesk",
        "failing": "live maildesk",
        "unmapped": "live maildesk",
        "live": "live maildesk",
        "broken": "live maildesk",
    },
    Event.TEST_PASSED_UNMAPPED: {
        "testing": "unmapped user",
        "failing": "unmapped user",
        "unmapped": "unmapped user",
        "live": "unmapped user",
        "broken": "unmapped user",
    },
    Event.TEST_FAILED: {
        "testing": "broken None",
        "failing": "broken None",
        "unmapped": "broken None",
        "live": "broken None",
        "broken": "broken None",
    },
    Event.TEST_FAILED_UNMAPPED: {
        "testing": "failing None",
        "failing": "failing None",
        "unmapped": "failing None",
        "live": "failing None",
        "broken": "failing None",
    },
    Event.FOLDERS_MAPPED: {"unmapped": "live maildesk"},
    Event.FOLDERS_LOST: {"live": "unmapped user"},
    Event.HANDED_OVER: {
        "awaiting_sign_in": "awaiting_sign_in support",
        "awaiting_admin": "awaiting_admin support",
        "failing": "failing support",
        "unmapped": "unmapped support",
        "broken": "broken support",
    },
    Event.DISCONNECTED: {
        "created": "disconnected maildesk",
        "awaiting_sign_in": "disconnected maildesk",
        "awaiting_admin": "disconnected maildesk",
        "testing": "disconnected maildesk",
        "failing": "disconnected maildesk",
        "unmapped": "disconnected maildesk",
        "live": "disconnected maildesk",
        "broken": "disconnected maildesk",
    },
}

PHASES = {
    PhaseEvent.WAIT_BEGAN: {
        "idle": "running",
        "running": "running",
        "snoozed": "running",
        "stopped": "running",
        "interrupted": "running",
        "ended": "running",
    },
    PhaseEvent.WAIT_ENDED: {
        "idle": "idle",
        "running": "idle",
        "snoozed": "idle",
        "stopped": "idle",
        "interrupted": "idle",
        "ended": "idle",
    },
    PhaseEvent.INTERRUPTED: {
        "idle": "interrupted",
        "running": "interrupted",
        "snoozed": "interrupted",
        "stopped": "interrupted",
        "ended": "interrupted",
    },
    PhaseEvent.POSTED: {"running": "running", "snoozed": "running"},
    PhaseEvent.TAKEN_BACK: {"running": "running", "snoozed": "snoozed"},
    PhaseEvent.ALL_OUT: {
        "running": "ended",
        "snoozed": "ended",
        "stopped": "ended",
        "ended": "ended",
    },
    PhaseEvent.PUT_OFF: {"running": "running", "snoozed": "snoozed"},
    PhaseEvent.SNOOZED: {"running": "snoozed", "snoozed": "snoozed", "stopped": "snoozed"},
    PhaseEvent.STOPPED: {
        "running": "stopped",
        "snoozed": "stopped",
        "stopped": "stopped",
        "ended": "stopped",
    },
    PhaseEvent.RESUMED: {"running": "running", "snoozed": "running", "stopped": "running"},
}


@every("state, event", product(State, Event))
def test_every_event_leads_where_the_table_says_or_is_refused(state: State, event: Event) -> None:
    expected = STATES[event].get(state.value)
    if expected is None:
        with pytest.raises(TransitionRefused) as refused:
            arrival(state, event)
        assert (refused.value.state, refused.value.event) == (state, event)
        assert str(refused.value) == f"{state}: {event}"
    else:
        to = arrival(state, event)
        assert f"{to.state} {to.owner}" == expected


@every("phase, event", product(ReminderPhase, PhaseEvent))
def test_every_event_of_reminders_leads_where_the_table_says_or_is_refused(
    phase: ReminderPhase, event: PhaseEvent
) -> None:
    expected = PHASES[event].get(phase.value)
    if expected is None:
        with pytest.raises(PhaseRefused) as refused:
            phase_after(phase, event)
        assert (refused.value.phase, refused.value.event) == (phase, event)
        assert str(refused.value) == f"{phase}: {event}"
    else:
        assert phase_after(phase, event).value == expected
