from __future__ import annotations

import pytest

from bridge.sip.transaction_tables import (
    INVITE_CLIENT,
    INVITE_SERVER,
    NON_INVITE_CLIENT,
    NON_INVITE_SERVER,
    Cell,
    Do,
    Input,
    State,
    Table,
)

# Written from the figures of RFC 3261 section 17 and RFC 6026, not from the tables: next state per cell, in the order
# of Input: 1xx 2xx 3xx-6xx request ACK retransmit timeout linger transport-error. "-" cannot happen.
EXPECTED = {
    "invite client": (
        INVITE_CLIENT,
        {
            "calling": "proceeding accepted completed - - calling terminated - terminated",
            "proceeding": "proceeding accepted completed - - - - - terminated",
            "accepted": "accepted accepted accepted - - - - terminated terminated",
            "completed": "completed completed completed - - - - terminated terminated",
            "terminated": "- - - - - - - - -",
        },
    ),
    "other client": (
        NON_INVITE_CLIENT,
        {
            "trying": "proceeding completed completed - - trying terminated - terminated",
            "proceeding": "proceeding completed completed - - proceeding terminated - terminated",
            "completed": "completed completed completed - - - - terminated terminated",
            "terminated": "- - - - - - - - -",
        },
    ),
    "invite server": (
        INVITE_SERVER,
        {
            "proceeding": "proceeding accepted completed proceeding proceeding - - - terminated",
            "accepted": "- accepted - accepted accepted - - terminated accepted",
            "completed": "- - - completed confirmed completed terminated - terminated",
            "confirmed": "- - - confirmed confirmed - - terminated terminated",
            "terminated": "- - - - - - - - -",
        },
    ),
    "other server": (
        NON_INVITE_SERVER,
        {
            "trying": "proceeding completed completed trying - - - - terminated",
            "proceeding": "proceeding completed completed proceeding - - - - terminated",
            "completed": "- - - completed - - - terminated terminated",
            "terminated": "- - - - - - - - -",
        },
    ),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_every_cell_leads_where_the_rfc_says(name: str) -> None:
    table, expected = EXPECTED[name]
    assert {state.value for state in table} == set(expected)
    for state, words in expected.items():
        row = table[State(state)]
        found = [row[column].state.value if column in row else "-" for column in Input]
        assert found == words.split(), f"{name}, {state}"


@pytest.mark.parametrize(
    ("table", "state", "event", "do"),
    [
        (INVITE_CLIENT, State.COMPLETED, Input.FAILURE, (Do.SEND_ACK,)),
        (INVITE_CLIENT, State.ACCEPTED, Input.SUCCESS, (Do.DELIVER,)),
        (INVITE_CLIENT, State.COMPLETED, Input.PROVISIONAL, ()),
        (NON_INVITE_CLIENT, State.COMPLETED, Input.SUCCESS, ()),
        (NON_INVITE_CLIENT, State.PROCEEDING, Input.RETRANSMIT, (Do.SEND, Do.SLOW_RETRANSMIT)),
        (INVITE_SERVER, State.ACCEPTED, Input.REQUEST, ()),
        (INVITE_SERVER, State.ACCEPTED, Input.ACK, (Do.DELIVER,)),
        (INVITE_SERVER, State.COMPLETED, Input.REQUEST, (Do.SEND,)),
        (INVITE_SERVER, State.CONFIRMED, Input.REQUEST, ()),
        (NON_INVITE_SERVER, State.TRYING, Input.REQUEST, ()),
        (NON_INVITE_SERVER, State.COMPLETED, Input.REQUEST, (Do.SEND,)),
    ],
)
def test_what_is_done_with_repetitions(table: Table, state: State, event: Input, do: tuple[Do, ...]) -> None:
    assert table[state][event] == Cell(table[state][event].state, do)


def test_whoever_waits_for_an_end_has_a_way_out() -> None:
    for table, _ in EXPECTED.values():
        for state, row in table.items():
            if state is not State.TERMINATED:
                assert any(cell.state is not state for cell in row.values())
