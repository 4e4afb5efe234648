"""The four transaction machines of RFC 3261 section 17, with RFC 6026, as tables of data.

A row is a state, a column what happens in it, a cell the next state and what to do, in order. A column that is missing
in a row cannot happen there: the machine raises LocalProtocolError.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a transaction stands."""

    CALLING = "calling"
    TRYING = "trying"
    PROCEEDING = "proceeding"
    ACCEPTED = "accepted"
    """RFC 6026: a 2xx went by; its retransmissions belong to the dialog, not to the transaction."""
    COMPLETED = "completed"
    CONFIRMED = "confirmed"
    TERMINATED = "terminated"


class Input(StrEnum):
    """What can happen to a transaction."""

    PROVISIONAL = "1xx"
    """Client: received. Server: to be sent."""
    SUCCESS = "2xx"
    FAILURE = "3xx-6xx"
    REQUEST = "request again"
    """Server: a retransmission arrived."""
    ACK = "ACK"
    RETRANSMIT = "retransmission timer"
    """A, E, G."""
    TIMEOUT = "timeout"
    """B, F, H."""
    LINGER = "end of waiting"
    """D, I, J, K, L, M."""
    TRANSPORT_ERROR = "transport error"


class Do(StrEnum):
    """What to do in a cell."""

    SEND = "send the request, or the response, once more"
    DELIVER = "hand it to the transaction user"
    SEND_ACK = "acknowledge the failure"
    START_TIMEOUT = "start timer H"
    START_RETRANSMIT = "start timer G"
    NEXT_RETRANSMIT = "start timer A, E or G again, longer"
    SLOW_RETRANSMIT = "start timer E again, at T2"
    STOP_TIMERS = "stop all timers"
    LINGER = "start timer D, I, J, K, L or M"
    TIMED_OUT = "tell the transaction user that nobody answered"
    FAILED = "tell the transaction user that the transport failed"


@dataclass(frozen=True, slots=True)
class Cell:
    """The next state, and what to do."""

    state: State
    do: tuple[Do, ...] = ()


Table = Mapping[State, Mapping[Input, Cell]]

_S, _I = State, Input
_END = Cell(State.TERMINATED, (Do.STOP_TIMERS,))
_TIMED_OUT = Cell(State.TERMINATED, (Do.STOP_TIMERS, Do.TIMED_OUT))
_FAILED = Cell(State.TERMINATED, (Do.STOP_TIMERS, Do.FAILED))
_FINAL = (Do.STOP_TIMERS, Do.DELIVER, Do.LINGER)

# RFC 3261 figure 5, with the Accepted state of RFC 6026 figure 5.
INVITE_CLIENT: Table = {
    _S.CALLING: {
        _I.PROVISIONAL: Cell(_S.PROCEEDING, (Do.STOP_TIMERS, Do.DELIVER)),
        _I.SUCCESS: Cell(_S.ACCEPTED, _FINAL),
        _I.FAILURE: Cell(_S.COMPLETED, (Do.STOP_TIMERS, Do.SEND_ACK, Do.DELIVER, Do.LINGER)),
        _I.RETRANSMIT: Cell(_S.CALLING, (Do.SEND, Do.NEXT_RETRANSMIT)),
        _I.TIMEOUT: _TIMED_OUT,
        _I.TRANSPORT_ERROR: _FAILED,
    },
    _S.PROCEEDING: {
        _I.PROVISIONAL: Cell(_S.PROCEEDING, (Do.DELIVER,)),
        _I.SUCCESS: Cell(_S.ACCEPTED, _FINAL),
        _I.FAILURE: Cell(_S.COMPLETED, (Do.STOP_TIMERS, Do.SEND_ACK, Do.DELIVER, Do.LINGER)),
        _I.TRANSPORT_ERROR: _FAILED,
    },
    _S.ACCEPTED: {
        _I.PROVISIONAL: Cell(_S.ACCEPTED),
        _I.SUCCESS: Cell(_S.ACCEPTED, (Do.DELIVER,)),
        _I.FAILURE: Cell(_S.ACCEPTED),
        _I.LINGER: _END,
        _I.TRANSPORT_ERROR: _FAILED,
    },
    _S.COMPLETED: {
        _I.PROVISIONAL: Cell(_S.COMPLETED),
        _I.SUCCESS: Cell(_S.COMPLETED),
        _I.FAILURE: Cell(_S.COMPLETED, (Do.SEND_ACK,)),
        _I.LINGER: _END,
        _I.TRANSPORT_ERROR: _FAILED,
    },
    _S.TERMINATED: {},
}

# RFC 3261 figure 6.
NON_INVITE_CLIENT: Table = {
    _S.TRYING: {
        _I.PROVISIONAL: Cell(_S.PROCEEDING, (Do.DELIVER,)),
        _I.SUCCESS: Cell(_S.COMPLETED, _FINAL),
        _I.FAILURE: Cell(_S.COMPLETED, _FINAL),
        _I.RETRANSMIT: Cell(_S.TRYING, (Do.SEND, Do.NEXT_RETRANSMIT)),
        _I.TIMEOUT: _TIMED_OUT,
        _I.TRANSPORT_ERROR: _FAILED,
    },
    _S.PROCEEDING: {
        _I.PROVISIONAL: Cell(_S.PROCEEDING, (Do.DELIVER,)),
        _I.SUCCESS: Cell(_S.COMPLETED, _FINAL),
        _I.FAILURE: Cell(_S.COMPLETED, _FINAL),
        _I.RETRANSMIT: Cell(_S.PROCEEDING, (Do.SEND, Do.SLOW_RETRANSMIT)),
        _I.TIMEOUT: _TIMED_OUT,
        _I.TRANSPORT_ERROR: _FAILED,
    },
    _S.COMPLETED: {
        _I.PROVISIONAL: Cell(_S.COMPLETED),
        _I.SUCCESS: Cell(_S.COMPLETED),
        _I.FAILURE: Cell(_S.COMPLETED),
        _I.LINGER: _END,
        _I.TRANSPORT_ERROR: _FAILED,
    },
    _S.TERMINATED: {},
}

# RFC 3261 figure 7, with the Accepted state of RFC 6026 figure 7.
INVITE_SERVER: Table = {
    _S.PROCEEDING: {
        _I.REQUEST: Cell(_S.PROCEEDING, (Do.SEND,)),
        _I.PROVISIONAL: Cell(_S.PROCEEDING, (Do.SEND,)),
        _I.SUCCESS: Cell(_S.ACCEPTED, (Do.SEND, Do.LINGER)),
        _I.FAILURE: Cell(_S.COMPLETED, (Do.SEND, Do.START_RETRANSMIT, Do.START_TIMEOUT)),
        _I.ACK: Cell(_S.PROCEEDING),
        _I.TRANSPORT_ERROR: _FAILED,
    },
    _S.ACCEPTED: {
        _I.REQUEST: Cell(_S.ACCEPTED),
        _I.SUCCESS: Cell(_S.ACCEPTED, (Do.SEND,)),
        _I.ACK: Cell(_S.ACCEPTED, (Do.DELIVER,)),
        _I.LINGER: _END,
        # RFC 6026 section 7.1: the transaction stays, the dialog goes on repeating its 2xx
        _I.TRANSPORT_ERROR: Cell(_S.ACCEPTED, (Do.FAILED,)),
    },
    _S.COMPLETED: {
        _I.REQUEST: Cell(_S.COMPLETED, (Do.SEND,)),
        _I.ACK: Cell(_S.CONFIRMED, (Do.STOP_TIMERS, Do.LINGER)),
        _I.RETRANSMIT: Cell(_S.COMPLETED, (Do.SEND, Do.NEXT_RETRANSMIT)),
        _I.TIMEOUT: _TIMED_OUT,
        _I.TRANSPORT_ERROR: _FAILED,
    },
    _S.CONFIRMED: {
        _I.REQUEST: Cell(_S.CONFIRMED),
        _I.ACK: Cell(_S.CONFIRMED),
        _I.LINGER: _END,
        _I.TRANSPORT_ERROR: _END,
    },
    _S.TERMINATED: {},
}

# RFC 3261 figure 8.
NON_INVITE_SERVER: Table = {
    _S.TRYING: {
        _I.REQUEST: Cell(_S.TRYING),
        _I.PROVISIONAL: Cell(_S.PROCEEDING, (Do.SEND,)),
        _I.SUCCESS: Cell(_S.COMPLETED, (Do.SEND, Do.LINGER)),
        _I.FAILURE: Cell(_S.COMPLETED, (Do.SEND, Do.LINGER)),
        _I.TRANSPORT_ERROR: _FAILED,
    },
    _S.PROCEEDING: {
        _I.REQUEST: Cell(_S.PROCEEDING, (Do.SEND,)),
        _I.PROVISIONAL: Cell(_S.PROCEEDING, (Do.SEND,)),
        _I.SUCCESS: Cell(_S.COMPLETED, (Do.SEND, Do.LINGER)),
        _I.FAILURE: Cell(_S.COMPLETED, (Do.SEND, Do.LINGER)),
        _I.TRANSPORT_ERROR: _FAILED,
    },
    _S.COMPLETED: {
        _I.REQUEST: Cell(_S.COMPLETED, (Do.SEND,)),
        _I.LINGER: _END,
        _I.TRANSPORT_ERROR: _FAILED,
    },
    _S.TERMINATED: {},
}
