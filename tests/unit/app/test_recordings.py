"""Names of recordings, and what the phone is told."""

from __future__ import annotations

import pytest

from bridge.app.stations.recordings import RecordingDesk, file_name
from bridge.callcontrol.events import RecordingChanged, StartRecording, StopRecording
from bridge.core import DeviceName
from bridge.core.events import CallRecorded
from bridge.errors import InvalidInput, PbxRefused
from bridge.pbx.ami import Ami, AmiSettings
from bridge.pbx.recordings import AsteriskRecordings
from tests.unit.app.conftest import Remembering, StillClock

PHONE = DeviceName("SEP001122334455")


@pytest.mark.parametrize(
    ("number", "part"),
    [
        ("+4930123", "+4930123"),
        ("", "unknown"),
        ("../../etc/passwd", "etcpasswd"),
        ("1;rm -rf ~|`id`$(id)\n", "1rmrfidid"),
        ("9" * 500, "9" * 32),
    ],
)
def test_a_caller_cannot_choose_where_it_goes(number: str, part: str) -> None:
    assert (
        file_name("sepbridge", "20260101-120000", "1001", number, 7) == f"sepbridge/20260101-120000-1001-{part}-7.wav"
    )


@pytest.mark.parametrize("file", ["../x.wav", "/etc/x.wav", "a/../b.wav", "a|b.wav", "a,b.wav", "a.gsm", "a/.x/b.wav"])
async def test_nor_can_anybody_else(file: str) -> None:
    with pytest.raises(InvalidInput):
        await AsteriskRecordings(Ami(AmiSettings())).start("1001", "a-call-id@host", file)


class FakeRecordings:
    """The port, without a PBX."""

    def __init__(self) -> None:
        self.stopped: list[str] = []
        self.refuses = False

    async def start(self, endpoint: str, call_id: str, file: str, *, beep: int = 0) -> str:
        if self.refuses:
            raise PbxRefused("no")
        return f"{endpoint} {call_id} {beep}"

    async def stop(self, recording: str) -> None:
        self.stopped.append(recording)


async def test_the_phone_is_told_how_it_went(sink: Remembering, clock: StillClock) -> None:
    pbx, told = FakeRecordings(), list[RecordingChanged]()
    desk = RecordingDesk(pbx, sink, clock, told.append, directory="calls", beep=15)
    await desk.change(PHONE, StartRecording(7, "id@host", "1001", "2002"))
    (event,) = [each for each in sink.events if isinstance(each, CallRecorded)]
    assert told == [RecordingChanged(7, on=True, file=event.file)]
    await desk.change(PHONE, StopRecording(7))
    assert pbx.stopped == ["1001 id@host 15"]
    assert told[-1] == RecordingChanged(7, on=False)
    # Of a call that is over there is nothing to stop.
    await desk.change(PHONE, StartRecording(8, "id@host", "1001", "2002"))
    desk.ended(8)
    await desk.change(PHONE, StopRecording(8))
    assert len(pbx.stopped) == 1
    pbx.refuses = True
    await desk.change(PHONE, StartRecording(9, "id@host", "1001", "2002"))
    assert told[-1] == RecordingChanged(9, on=False, failed=True)
