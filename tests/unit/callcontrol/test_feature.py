"""A supplementary service takes part in a phone's life through its hooks."""

from __future__ import annotations

import pytest

from bridge.callcontrol import PhoneCallState
from bridge.callcontrol import phone as phone_module
from bridge.callcontrol.documents import push
from bridge.callcontrol.feature import Feature
from bridge.callcontrol.phonecall import PhoneCall
from bridge.errors import LocalProtocolError
from bridge.sccp import DeviceToUserDataV1, SoftKeyEventType, StimulusType, UserToDeviceDataV1
from bridge.sccp.stationevents import ApplicationDataReceived, ButtonPressed, SoftKeyPressed
from bridge.sccp.userdata import SequenceFlag
from bridge.sip import IncomingCall
from tests.sccpbench import Bench

S = PhoneCallState


class Diary(Feature):
    """Writes down what it hears."""

    __slots__ = ("at", "pages", "refusal")
    SOFT_KEYS = frozenset({SoftKeyEventType.PARK})
    BUTTONS = frozenset({StimulusType.CALL_PARK})
    latest: Diary

    def __init__(self, workings: object) -> None:
        super().__init__(workings)  # type: ignore[arg-type]  # a stand-in, or nothing of the kind on purpose
        self.pages: list[object] = []
        self.refusal = 0
        self.at: float | None = None
        Diary.latest = self

    def soft_key(self, event: SoftKeyPressed, call: PhoneCall | None, *, now: float) -> None:
        self.pages.append((event.key, call and call.state))

    def button(self, event: ButtonPressed, *, now: float) -> None:
        self.pages.append((event.button, event.instance))

    def data(self, event: ApplicationDataReceived, *, now: float) -> bool:
        self.pages.append((event.app_id, event.data))
        return True

    def registered(self, *, now: float) -> None:
        self.pages.append("registered")

    def left(self, *, now: float) -> None:
        self.pages.append("left")

    def refuses(self, line: int, event: IncomingCall, *, now: float) -> int:
        return self.refusal

    def call_changed(self, call: PhoneCall, before: PhoneCallState | None, *, now: float) -> None:
        self.pages.append((before, call.state))

    def timer(self) -> float | None:
        return self.at

    def handle_timer(self, *, now: float) -> None:
        self.at = None
        self.pages.append("timer")


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(phone_module, "FEATURES", (Diary,))
    bench = Bench()
    assert Diary.latest.pages == ["registered"]
    Diary.latest.pages.clear()
    return bench


def test_its_keys_and_buttons_are_its_own(bench: Bench) -> None:
    bench.talk()
    Diary.latest.pages.clear()
    bench.press(SoftKeyEventType.PARK)
    bench.push(StimulusType.CALL_PARK, 2)
    assert Diary.latest.pages == [(SoftKeyEventType.PARK, S.CONNECTED), (StimulusType.CALL_PARK, 2)]
    assert bench.notified() == []


def test_it_hears_of_every_state_of_a_call(bench: Bench) -> None:
    bench.talk("6")
    bench.replace()
    states = [S.OFF_HOOK, S.DIALLING, S.PROCEEDING, S.CONNECTED, S.ENDED]
    assert Diary.latest.pages == list(zip([None, *states], states, strict=False))


def test_it_may_refuse_a_call_before_it_rings(bench: Bench) -> None:
    Diary.latest.refusal = 486
    bench.ring()
    assert bench.phone.calls == ()
    assert bench.station.rings == {}
    bench.at_rest()


def test_it_has_a_timer(bench: Bench) -> None:
    Diary.latest.at = bench.now + 5
    bench.advance(4.9)
    assert Diary.latest.pages == []
    bench.advance(0.2)
    assert Diary.latest.pages == ["timer"]


def test_it_hears_what_the_user_chose_on_the_screen(bench: Bench) -> None:
    bench.says(DeviceToUserDataV1(9081, transaction_id=3, data=b"ADD"))
    assert Diary.latest.pages == [(9081, b"ADD")]


def test_it_hears_that_the_phone_left(bench: Bench) -> None:
    bench.phone.station_lost(now=bench.now)
    assert Diary.latest.pages == ["left"]


@pytest.mark.parametrize(
    ("version", "size", "flags"),
    [
        (17, 100, [SequenceFlag.LAST]),
        (17, 2000, [SequenceFlag.LAST]),
        (20, 2001, [SequenceFlag.FIRST, SequenceFlag.LAST]),
        (22, 6000, [SequenceFlag.FIRST, SequenceFlag.MORE, SequenceFlag.LAST]),
    ],
)
def test_a_document_goes_to_the_screen_in_parts(version: int, size: int, flags: list[SequenceFlag]) -> None:
    bench = Bench(version=version)
    bench.station.take(UserToDeviceDataV1)
    push(bench.session, 9081, 7, "x" * size)
    bench.settle()
    sent = bench.station.take(UserToDeviceDataV1)
    assert [message.sequence_flag for message in sent] == flags
    assert b"".join(message.data for message in sent).rstrip(b"\0") == b"x" * size
    assert {(message.app_id, message.transaction_id) for message in sent} == {(9081, 7)}


def test_a_document_that_an_old_phone_cannot_take_is_an_error_of_ours() -> None:
    bench = Bench(version=17)
    with pytest.raises(LocalProtocolError, match="2001 bytes"):
        push(bench.session, 9081, 7, "x" * 2001)
