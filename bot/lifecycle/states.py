"""The states of an account, and what moves it from one to the next."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from storage.vocabulary import WAITING, Owner, State, Trouble


class Event(StrEnum):
    """What happens to an account."""

    LINK_MADE = "a login link is made"
    SIGN_IN_FAILED = "a sign-in fails"
    SIGN_IN_HELD = "a sign-in waits for somebody's word"
    HELD_IS_OVER = "that sign-in is gone without a word"
    APPROVAL_NEEDED = "an approval is needed"
    APPROVAL_GIVEN = "the approval is given"
    TEST_BEGAN = "a test begins"
    TEST_PASSED = "a test passes"
    TEST_PASSED_UNMAPPED = "a test passes, folders are missing"
    TEST_FAILED = "a test fails, folders are mapped"
    TEST_FAILED_UNMAPPED = "a test fails, folders are missing"
    FOLDERS_MAPPED = "the folders are mapped"
    FOLDERS_LOST = "a mapped folder is lost"
    HANDED_OVER = "the last reminder went out"
    DISCONNECTED = "somebody disconnects it"


@dataclass(frozen=True)
class Arrival:
    """Where an event takes an account, and who acts next; `owner` is None where the verdict of the
    fault names who does. `trouble` says more than the state."""

    state: State
    owner: Owner | None
    trouble: Trouble | None = None


class TransitionRefused(Exception):
    """An event that cannot happen to an account in its state: a fault of ours."""

    def __init__(self, state: State, event: Event) -> None:
        super().__init__(f"{state}: {event}")
        self.state = state
        self.event = event


SIGNING_IN = (State.AWAITING_SIGN_IN, State.AWAITING_ADMIN)
"""The account waits until somebody has signed in."""

SIGNED_IN = (State.TESTING, State.FAILING, State.UNMAPPED, State.LIVE, State.BROKEN)
"""Somebody has signed in: the account can be tested."""

WORKING = (State.LIVE, State.UNMAPPED)
"""The last test passed. A test of such an account does not show until it changes something."""


WAYS: tuple[tuple[tuple[State, ...], Event, State, Owner | None], ...] = (
    (
        (State.CREATED, *SIGNING_IN, State.DISCONNECTED),
        Event.LINK_MADE,
        State.AWAITING_SIGN_IN,
        Owner.USER,
    ),
    (SIGNING_IN, Event.SIGN_IN_FAILED, State.AWAITING_SIGN_IN, None),
    (SIGNING_IN, Event.SIGN_IN_HELD, State.AWAITING_SIGN_IN, None),
    ((State.AWAITING_SIGN_IN,), Event.HELD_IS_OVER, State.AWAITING_SIGN_IN, Owner.USER),
    (SIGNING_IN, Event.APPROVAL_NEEDED, State.AWAITING_ADMIN, Owner.ADMINISTRATOR),
    ((State.AWAITING_ADMIN,), Event.APPROVAL_GIVEN, State.AWAITING_SIGN_IN, Owner.USER),
    (
        (*SIGNING_IN, State.TESTING, State.FAILING, State.BROKEN),
        Event.TEST_BEGAN,
        State.TESTING,
        Owner.MAILDESK,
    ),
    (SIGNED_IN, Event.TEST_PASSED, State.LIVE, Owner.MAILDESK),
    (SIGNED_IN, Event.TEST_PASSED_UNMAPPED, State.UNMAPPED, Owner.USER),
    (SIGNED_IN, Event.TEST_FAILED, State.BROKEN, None),
    (SIGNED_IN, Event.TEST_FAILED_UNMAPPED, State.FAILING, None),
    ((State.UNMAPPED,), Event.FOLDERS_MAPPED, State.LIVE, Owner.MAILDESK),
    ((State.LIVE,), Event.FOLDERS_LOST, State.UNMAPPED, Owner.USER),
    *(((state,), Event.HANDED_OVER, state, Owner.SUPPORT) for state in WAITING),
    (
        tuple(state for state in State if state is not State.DISCONNECTED),
        Event.DISCONNECTED,
        State.DISCONNECTED,
        Owner.MAILDESK,
    ),
)
"""In which states an event can happen, where it leads, and whose turn it is then (None: whom the
verdict names, or whose word is needed)."""

OTHERS = {Event.SIGN_IN_HELD: f"{Owner.USER}, or {Owner.SUPPORT} where only they can tell"}
"""Who acts next where neither the table nor a verdict says so."""

TRANSITIONS = {
    (state, event): Arrival(to, owner) for states, event, to, owner in WAYS for state in states
}
"""Where an account in a state goes when something happens to it. What is not here is refused."""


def arrival(state: State, event: Event) -> Arrival:
    """Where `event` takes an account that is in `state`.

    Raises:
        TransitionRefused: that cannot happen in this state.
    """
    found = TRANSITIONS.get((state, event))
    if found is None:
        raise TransitionRefused(state, event)
    return found


def states_markdown() -> str:
    """The table and its drawing, as they stand in docs/architecture.md."""
    return "\n".join([*_drawing(), "", *_table()])


def _drawing() -> Iterator[str]:
    """The ways between different states; those that lead back into the same one are left out."""
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield f"    [*] --> {State.CREATED}"
    ways: dict[tuple[State, State], list[Event]] = {}
    for (state, event), to in TRANSITIONS.items():
        if state is not to.state and event is not Event.DISCONNECTED:
            ways.setdefault((state, to.state), []).append(event)
    for (state, to_state), events in ways.items():
        yield f"    {state} --> {to_state}: {' / '.join(events)}"
    yield "```"


def _table() -> Iterator[str]:
    yield "| event | in | leads to | who acts next |"
    yield "|---|---|---|---|"
    for event in Event:
        rows: dict[Arrival, list[State]] = {}
        for (state, of), to in TRANSITIONS.items():
            if of is event:
                rows.setdefault(to, []).append(state)
        if event is Event.HANDED_OVER:
            yield f"| {event} | {', '.join(WAITING)} | the same state | {Owner.SUPPORT} |"
            continue
        for to, states in rows.items():
            owner = to.owner or OTHERS.get(event, "whom the verdict names")
            yield f"| {event} | {', '.join(states)} | {to.state} | {owner} |"
