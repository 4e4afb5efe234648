"""What a key does to a call: one cell for every state of the call and every key."""

from __future__ import annotations

from enum import StrEnum

from bridge.callcontrol.phonecall import PhoneCallState as State


class Key(StrEnum):
    """What the user wants of a call, whichever key, button or hook says it."""

    END = "end"
    ANSWER = "answer"
    HOLD = "hold"
    RESUME = "resume"
    DIGIT = "digit"
    BACKSPACE = "backspace"
    DIAL = "dial"
    TRANSFER = "transfer"


class Act(StrEnum):
    """What is done."""

    NOTHING = "nothing"
    END = "end"
    ANSWER = "answer"
    HOLD = "hold"
    RESUME = "resume"
    TAKE = "resume what another phone holds"
    COLLECT = "collect a digit"
    ERASE = "erase a digit"
    DIAL = "dial"
    SEND_DIGIT = "send a digit"
    TRANSFER = "transfer"


def _row(*, end: Act = Act.END, **acts: Act) -> dict[Key, Act]:
    row = dict.fromkeys(Key, Act.NOTHING)
    row[Key.END] = end
    for name, act in acts.items():
        row[Key(name)] = act
    return row


ACTS: dict[State, dict[Key, Act]] = {
    State.OFF_HOOK: _row(digit=Act.COLLECT, backspace=Act.ERASE),
    State.DIALLING: _row(digit=Act.COLLECT, backspace=Act.ERASE, dial=Act.DIAL),
    State.PROCEEDING: _row(),
    State.RINGING_OUT: _row(transfer=Act.TRANSFER),
    State.RINGING_IN: _row(answer=Act.ANSWER),
    State.ANSWERING: _row(),
    State.CONNECTED: _row(hold=Act.HOLD, digit=Act.SEND_DIGIT, transfer=Act.TRANSFER),
    State.HELD: _row(hold=Act.RESUME, resume=Act.RESUME),
    State.RESUMING: _row(),
    State.REMOTE: _row(end=Act.NOTHING),
    State.REMOTE_HELD: _row(end=Act.NOTHING, hold=Act.TAKE, resume=Act.TAKE),
    State.FAILED: _row(),
    State.ENDED: _row(end=Act.NOTHING),
}


def act_of(state: State, key: Key) -> Act:
    """What ``key`` does to a call in ``state``."""
    return ACTS[state][key]
