"""Every key in every state: the whole grid."""

from __future__ import annotations

import pytest

from bridge.callcontrol.keys import ACTS, Act, Key, act_of
from bridge.callcontrol.phonecall import PhoneCallState as State

MEANT = {
    (State.OFF_HOOK, Key.DIGIT): Act.COLLECT,
    (State.OFF_HOOK, Key.BACKSPACE): Act.ERASE,
    (State.DIALLING, Key.DIGIT): Act.COLLECT,
    (State.DIALLING, Key.BACKSPACE): Act.ERASE,
    (State.DIALLING, Key.DIAL): Act.DIAL,
    (State.RINGING_OUT, Key.TRANSFER): Act.TRANSFER,
    (State.RINGING_IN, Key.ANSWER): Act.ANSWER,
    (State.CONNECTED, Key.HOLD): Act.HOLD,
    (State.CONNECTED, Key.DIGIT): Act.SEND_DIGIT,
    (State.CONNECTED, Key.TRANSFER): Act.TRANSFER,
    (State.HELD, Key.HOLD): Act.RESUME,
    (State.HELD, Key.RESUME): Act.RESUME,
    (State.REMOTE, Key.END): Act.NOTHING,
    (State.REMOTE_HELD, Key.END): Act.NOTHING,
    (State.REMOTE_HELD, Key.HOLD): Act.TAKE,
    (State.REMOTE_HELD, Key.RESUME): Act.TAKE,
}


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("key", list(Key))
def test_cell(state: State, key: Key) -> None:
    ends = Act.END if key is Key.END and state is not State.ENDED else Act.NOTHING
    assert act_of(state, key) is MEANT.get((state, key), ends)


def test_the_grid_is_whole() -> None:
    assert set(ACTS) == set(State)
    assert all(set(row) == set(Key) for row in ACTS.values())
