"""The restart request, line by line (reference: chan_pjsip with Cisco phones, 3.1 and 3.2)."""

from __future__ import annotations

import pytest

from bridge.errors import PbxError, SepbridgeError
from bridge.pbx.notify import event_fields, restart_fields
from bridge.ports import RestartEvent, RestartKind


def test_restart_in_the_order_that_the_phone_wants() -> None:
    assert restart_fields("1001", RestartKind.RESTART, "00112233-4455@192.0.2.1") == [
        ("Endpoint", "1001"),
        ("Variable", "Event=service-control"),
        ("Variable", "Content-Type=text/plain"),
        ("Variable", "Content=action=restart"),
        ("Variable", "Content=RegisterCallId={00112233-4455@192.0.2.1}"),
        ("Variable", "Content=ConfigVersionStamp={0000000000000000}"),
        ("Variable", "Content=DialplanVersionStamp={0000000000000000}"),
        ("Variable", "Content=SoftkeyVersionStamp={0000000000000000}"),
        ("Variable", "Content="),
    ]
    assert ("Variable", "Content=action=reset") in restart_fields("1001", RestartKind.RESET, "x")


@pytest.mark.parametrize("event", [RestartEvent.CHECK_SYNC, RestartEvent.RESYNC])
def test_other_events_have_no_body(event: RestartEvent) -> None:
    assert event_fields("1001", event) == [("Endpoint", "1001"), ("Variable", f"Event={event.value}")]


@pytest.mark.parametrize("call_id", ["", "a,Event=x", 'a"b', "a\\b", "a(b)", "a{b}", "a b", "a\r\nb", "x" * 201])
def test_a_call_id_that_asterisk_would_change_is_refused(call_id: str) -> None:
    with pytest.raises(PbxError, match="cannot be restarted"):
        restart_fields("1001", RestartKind.RESTART, call_id)


@pytest.mark.parametrize("endpoint", ["", "1001\r\nAction: Originate", "a,b"])
def test_an_endpoint_name_that_is_none_is_refused(endpoint: str) -> None:
    with pytest.raises(SepbridgeError):
        event_fields(endpoint, RestartEvent.CHECK_SYNC)
