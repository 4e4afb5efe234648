"""The SCCP phone's machine against a server scripted after the flows reference."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.core import DeviceName
from bridge.errors import InvalidInput, LocalProtocolError
from bridge.lab.skinnyevents import (
    CallConnected,
    CallOffered,
    CallOver,
    CallPlaced,
    ConnectionDead,
    KeyToPlay,
    MessageLampSwitched,
    PortUnwanted,
    PortWanted,
    RegistrationRefused,
    RestartOrdered,
    RingingAtFarEnd,
    SendingUnwanted,
    SendingWanted,
    StationEvent,
    StationReady,
    StationReset,
    TokenGranted,
    TokenRefused,
)
from bridge.lab.skinnykeys import Hook, Pace
from bridge.lab.skinnymodels import sccp_load, skinny_models, skinny_traits
from bridge.lab.skinnystation import SkinnyStation, StationState
from bridge.lab.skinnywords import Identity
from bridge.phones import catalogue
from bridge.sccp import (
    ALL_KEYS,
    Alarm,
    ButtonDefinition,
    ButtonTemplate,
    CallInfo,
    CallState,
    CapabilitiesReq,
    ClearDisplay,
    DefineTimeDate,
    DeviceType,
    DisplayPriNotify,
    DisplayPromptStatus,
    EnblocCall,
    Frame,
    KeepAlive,
    KeepAliveAck,
    KeypadButton,
    KeypadKey,
    LampMode,
    LineStat,
    MediaCodec,
    MediaStatus,
    Message,
    OffHook,
    OnHook,
    OpenReceiveChannel,
    OpenReceiveChannelAck,
    RegisterAck,
    RegisterAvailableLines,
    RegisterTokenReq,
    Reset,
    ResetType,
    SelectSoftKeys,
    SetLamp,
    SoftKeyEvent,
    SoftKeyEventType,
    SoftKeySetIndex,
    SoftKeySetReq,
    StartMediaTransmission,
    StartMediaTransmissionAck,
    StationAddress,
    StationCallState,
    Stimulus,
    StimulusType,
    StopMediaTransmission,
    TimeDateReq,
    UpdateCapabilities,
    encode,
)
from tests.unit.lab.skinnyserver import ScriptedServer
from tests.wire.sccp_frames import FRAMES

REF = 16777217


class Pair:
    """A station and a scripted server, with the bytes between them."""

    def __init__(self, model: str = "7961", *, pace: Pace | None = None, version: int | None = None, **server: object):
        row = catalogue().require(model)
        load = sccp_load(row)
        self.traits = skinny_traits(row, load, version=version)
        identity = Identity(DeviceName("SEP001122334455"), DeviceType(row.number or 0), load, "192.0.2.1")
        self.station = SkinnyStation(self.traits, identity, pace=pace or Pace())
        self.server = ScriptedServer(**server)  # type: ignore[arg-type]  # checked by the call itself
        self.now = 100.0
        self.events: list[StationEvent] = []

    def exchange(self) -> None:
        """Carry bytes until nobody has any."""
        while out := b"".join(self.station.data_to_send()):
            if answer := self.server.receive(out):
                self.station.receive_stream(answer, now=self.now)
        while event := self.station.next_event():
            self.events.append(event)
            if isinstance(event, PortWanted):
                self.station.port_opened(event.call, event.channel, "192.0.2.1", 20000, now=self.now)
                self.exchange()

    def registered(self) -> Pair:
        self.station.register(now=self.now)
        self.exchange()
        assert self.station.state is StationState.READY
        self.events.clear()
        return self

    def hears(self, data: bytes) -> None:
        self.station.receive_stream(data, now=self.now)
        self.exchange()

    def says(self, *messages: Message) -> None:
        self.hears(self.server.say(*messages))

    def sent(self, kind: type[Message]) -> Message:
        return self.server.of(kind)[-1]

    def wait(self, seconds: float) -> None:
        end = self.now + seconds
        while (due := self.station.timer()) is not None and due <= end:
            self.now = max(self.now, due)
            self.station.handle_timer(now=self.now)
            self.exchange()
        self.now = end

    def press(self, label: str) -> None:
        self.station.do(lambda keys: keys.soft_key(label, now=self.now), now=self.now)
        self.exchange()

    def dial(self, number: str, *, en_bloc: bool = False) -> None:
        self.station.do(lambda keys: keys.dial(number, now=self.now, en_bloc=en_bloc), now=self.now)
        self.exchange()

    def kinds(self) -> list[type[StationEvent]]:
        return [type(event) for event in self.events]

    def in_a_call(self) -> Pair:
        self.registered()
        self.hears(self.server.ring_in(REF, "1002"))
        self.station.do(lambda keys: keys.answer(now=self.now), now=self.now)
        self.exchange()
        self.hears(self.server.answered(REF, events=101 if self.traits.has_rfc2833 else 0))
        self.hears(self.server.start_media(REF, "192.0.2.9", 30000, events=101 if self.traits.has_rfc2833 else 0))
        assert self.station.faults == ()
        return self


@pytest.mark.parametrize(
    ("template", "clock", "valid"),
    [
        ("D.M.Y", "23:18 05.06.26", True),
        ("M/D/YA", "11:18 PM 06/05/26", True),
        ("YY-M-D", "23:18 2026-06-05", True),
        ("D/M", "23:18 ", False),
        ("D/D/Y", "23:18 05/05/26", False),
    ],
)
def test_the_clock_stands_as_the_server_wants_it(template: str, clock: str, valid: bool) -> None:
    pair = Pair()
    pair.station.register(now=pair.now)
    pair.says(RegisterAck(30, template, 60, 17), DefineTimeDate(2026, 6, 5, 5, 23, 18, 1, 0, 0))
    assert pair.station.view(now=pair.now).clock == clock
    assert any("date template" in each for each in pair.station.faults) is not valid


MODELS = [catalogue().by_number(int(kind)) for kind in skinny_models()]


@pytest.mark.parametrize("ceiling", [3, 11, 17, 22])
@pytest.mark.parametrize("model", [model.name for model in MODELS if model])
def test_every_model_registers_at_every_ceiling(model: str, ceiling: int) -> None:
    pair = Pair(model, ceiling=ceiling)
    pair.station.register(now=pair.now)
    pair.exchange()
    assert pair.station.faults == ()
    assert StationReady("1001") in pair.events
    assert pair.station.view(now=pair.now).labels == ("Line 1001",)
    assert pair.server.register is not None
    assert pair.server.register.device_type == pair.station.identity.type
    assert pair.station.view(now=pair.now).clock == "23:18 05.06.26"
    assert isinstance(pair.sent(TimeDateReq), TimeDateReq)


@pytest.mark.parametrize("model", [model.name for model in MODELS if model])
def test_every_model_calls_and_is_called(model: str) -> None:
    pair = Pair(model).registered()
    pair.dial("1002")
    pair.hears(pair.server.dial_tone(REF))
    if not pair.traits.speaker:
        assert pair.server.of(OffHook)
    digits = "".join(key.button.character for key in pair.server.got if isinstance(key, KeypadButton))
    assert digits == "1002"
    pair.now += 0.001
    pair.hears(pair.server.proceed(REF, "1002"))
    pair.hears(pair.server.open_channel(REF))
    pair.now += 0.001
    pair.hears(pair.server.ring_out(REF))
    pair.hears(pair.server.connected(REF))
    pair.hears(pair.server.start_media(REF, "192.0.2.9", 30000))
    pair.hears(pair.server.hung_up(REF))
    assert pair.kinds() == [
        CallPlaced,
        PortWanted,
        RingingAtFarEnd,
        CallConnected,
        SendingWanted,
        PortUnwanted,
        CallOver,
    ]
    over = pair.events[-1]
    assert isinstance(over, CallOver)
    assert over.call.setup_time == pytest.approx(0.002)
    assert over.call.status == 200
    assert pair.station.calls.all == ()
    assert pair.station.keys.hook is Hook.ON
    assert pair.station.faults == ()
    Pair(model).in_a_call()


def test_a_7912_asks_in_the_order_that_was_recorded() -> None:
    pair = Pair("7912", speed_dials=4).registered()
    names = [type(message).__name__ for message in pair.server.got]
    assert names == [
        "Alarm",
        "Register",
        "CapabilitiesRes",
        "ButtonTemplateReq",
        "SoftKeyTemplateReq",
        "SoftKeySetReq",
        "LineStatReq",
        "FeatureStatReq",
        *["SpeedDialStatReq"] * 4,
        "RegisterAvailableLines",
        "TimeDateReq",
    ]
    asked = [message.index for message in pair.server.got if type(message).__name__ == "SpeedDialStatReq"]
    assert asked == [4, 3, 2, 1]


def test_the_words_of_a_7912_have_their_recorded_lengths() -> None:
    pair = Pair("7912")
    pair.station.register(now=pair.now)
    alarm, register = pair.station.data_to_send()
    assert len(alarm) == 12 + 92
    assert register[:12].hex() == "380000000000000001000000"
    assert register[12:28] == b"SEP001122334455\0"
    assert register[52:56].hex() == "07000081"


def test_a_7961_offers_what_was_recorded() -> None:
    pair = Pair("7961").registered()
    capabilities = pair.sent(UpdateCapabilities)
    assert isinstance(capabilities, UpdateCapabilities)
    assert [int(each.codec) for each in capabilities.audio] == [25, 4, 2, 15, 16, 11, 12, 257]
    assert isinstance(pair.sent(RegisterAvailableLines), RegisterAvailableLines)
    alarm = pair.sent(Alarm)
    assert isinstance(alarm, Alarm)
    assert alarm.text.startswith("25: Name=SEP001122334455 Load=SCCP41.9-4-2SR3-1S Last=initialized")


def test_old_java_firmware_offers_version_17() -> None:
    row = catalogue().require("7961")
    assert skinny_traits(row, "SCCP41.8-5-3S").version == 17
    assert skinny_traits(row, "SCCP41.9-4-2SR3-1S", version=11).version == 11


def test_an_ata_speaks_version_3() -> None:
    pair = Pair("ATA 186").registered()
    assert pair.server.register is not None
    assert pair.server.register.protocol_version == 33
    assert pair.station.version == 3


def test_a_rejection_is_shown() -> None:
    pair = Pair(reject="\x80\x2f")
    pair.station.register(now=pair.now)
    pair.exchange()
    assert pair.events == [RegistrationRefused("Error DBConfig")]
    assert pair.station.state is StationState.CLOSED
    assert pair.station.timer() is None


def test_a_silent_server_is_given_up() -> None:
    pair = Pair()
    pair.station.register(now=pair.now)
    pair.station.data_to_send()
    pair.wait(10.0)
    assert pair.events == [ConnectionDead("the server did not answer", 28)]


def test_questions_without_answer_are_faults() -> None:
    pair = Pair(silent=frozenset({SoftKeySetReq}))
    pair.station.register(now=pair.now)
    pair.exchange()
    assert pair.station.state is StationState.LEARNING
    pair.wait(10.0)
    assert pair.station.state is StationState.READY
    assert pair.station.faults == ("no answer to SoftKeySetReq",)


def test_tokens() -> None:
    pair = Pair()
    pair.station.ask_token(now=pair.now)
    pair.exchange()
    assert pair.events == [TokenGranted()]
    assert isinstance(pair.sent(RegisterTokenReq), RegisterTokenReq)
    pair = Pair(token_wait=45)
    pair.station.ask_token(now=pair.now)
    pair.exchange()
    assert pair.events == [TokenRefused(45)]


# --- keepalives -----------------------------------------------------------------------------------------------------


def test_keepalives_go_out_at_the_server_s_interval() -> None:
    pair = Pair(keepalive=20).registered()
    before = len(pair.server.of(KeepAlive))
    pair.wait(100.0)
    assert len(pair.server.of(KeepAlive)) - before == 5
    assert pair.station.state is StationState.READY


def test_a_server_that_answers_no_keepalive_is_dead_after_three() -> None:
    pair = Pair(keepalive=20, silent=frozenset({KeepAlive})).registered()
    pair.wait(79.9)
    assert pair.station.state is StationState.READY
    pair.wait(0.2)
    assert pair.events == [ConnectionDead("no answer to 3 keepalives", 17)]


def test_a_standby_connection_sends_nothing_else() -> None:
    pair = Pair()
    pair.station.stand_by(now=pair.now, every=60.0)
    pair.wait(121.0)
    assert [type(message) for message in pair.server.got] == [KeepAlive, KeepAlive]
    pair.registered()


# --- dialling -------------------------------------------------------------------------------------------------------


def test_a_person_types_at_a_pace_and_finishes_by_pound() -> None:
    pair = Pair(pace=Pace(digit=0.2, finish=0.5)).registered()
    pair.dial("600")
    assert isinstance(pair.sent(SoftKeyEvent), SoftKeyEvent)
    pair.hears(pair.server.dial_tone(REF))
    pair.wait(0.3)
    assert [key.button for key in pair.server.got if isinstance(key, KeypadButton)] == [6, 0]
    pair.wait(2.0)
    assert [key.button for key in pair.server.got if isinstance(key, KeypadButton)] == [6, 0, 0, KeypadKey.POUND]
    assert [(key.line, key.call_ref) for key in pair.server.got if isinstance(key, KeypadButton)] == [(1, REF)] * 4


def test_without_a_dial_tone_the_person_gives_up() -> None:
    pair = Pair().registered()
    pair.dial("600")
    pair.wait(6.0)
    assert pair.station.faults == ("no call went off hook within 5 s",)
    assert not pair.station.keys.dialling


def test_below_version_15_a_key_tells_the_button_s_position() -> None:
    pair = Pair("7960", ceiling=11)
    pair.station.register(now=pair.now)
    pair.exchange()
    pair.says(ButtonTemplate.of([ButtonDefinition(1, StimulusType.SPEED_DIAL), ButtonDefinition(1, StimulusType.LINE)]))
    pair.hears(pair.server.dial_tone(REF))
    pair.station.do(lambda keys: keys.digit("5", now=pair.now), now=pair.now)
    pair.exchange()
    assert pair.sent(KeypadButton) == KeypadButton(KeypadKey.DIGIT_5, 2, REF)


def test_a_7912_tells_the_key_alone() -> None:
    pair = Pair("7912").registered()
    pair.hears(pair.server.dial_tone(REF))
    pair.station.do(lambda keys: keys.digit("5", now=pair.now), now=pair.now)
    assert b"".join(pair.station.data_to_send()).hex() == "08000000" + "00000000" + "03000000" + "05000000"


@pytest.mark.parametrize(("model", "form"), [("8945", "0000000001000000"), ("7970", "0001000000000000")])
def test_en_bloc_in_the_recorded_forms(model: str, form: str) -> None:
    pair = Pair(model).registered()
    pair.station.do(lambda keys: keys.dial("98011", now=pair.now, en_bloc=True), now=pair.now)
    data = b"".join(pair.station.data_to_send())
    assert data[12:17] == b"98011"
    assert data[-8:].hex() == form
    assert pair.server.receive(data) == b""
    assert pair.sent(EnblocCall) == EnblocCall("98011", 1)


@pytest.mark.parametrize("number", ["", "12a5x", "anna", "1" * 25, "12\r\n3"])
def test_what_no_keypad_can_dial(number: str) -> None:
    pair = Pair().registered()
    with pytest.raises(InvalidInput):
        pair.dial(number)


def test_keys_that_are_not_there() -> None:
    pair = Pair().registered()
    with pytest.raises(LocalProtocolError, match="EndCall"):
        pair.press("EndCall")
    with pytest.raises(LocalProtocolError):
        pair.station.do(lambda keys: keys.button(2, now=pair.now), now=pair.now)
    with pytest.raises(LocalProtocolError):
        pair.station.do(lambda keys: keys.answer(now=pair.now), now=pair.now)


def test_buttons() -> None:
    pair = Pair(speed_dials=2).registered()
    pair.station.do(lambda keys: keys.button(3, now=pair.now), now=pair.now)
    pair.station.do(lambda keys: keys.messages(now=pair.now), now=pair.now)
    pair.exchange()
    assert pair.server.of(Stimulus) == [Stimulus(StimulusType.SPEED_DIAL, 2), Stimulus(StimulusType.VOICEMAIL, 0)]
    assert pair.station.view(now=pair.now).labels == ("Line 1001", "Dial 1", "Dial 2")


# --- calls ----------------------------------------------------------------------------------------------------------


def test_an_incoming_call_as_a_person_sees_it() -> None:
    pair = Pair("7912").registered()
    pair.hears(pair.server.ring_in(REF, "1002"))
    view = pair.station.view(now=pair.now)
    assert view.status == "From 1002"
    assert view.calls == ("1: ring in 1002 (Ann)",)
    assert view.soft_keys == ("Answer",)
    assert view.ringing
    assert view.lamps == ("line 1: blink",)
    assert [type(event) for event in pair.events] == [CallOffered]
    pair.station.do(lambda keys: keys.answer(now=pair.now), now=pair.now)
    pair.exchange()
    assert len(pair.server.of(OffHook)) == 1  # no speakerphone microphone: the handset
    pair.now += 0.01
    pair.hears(pair.server.answered(REF))
    assert pair.sent(OpenReceiveChannelAck) == OpenReceiveChannelAck(
        MediaStatus.OK, StationAddress.of("192.0.2.1"), 20000, REF + 1000
    )
    pair.now += 0.01
    pair.hears(pair.server.start_media(REF, "192.0.2.9", 30000))
    view = pair.station.view(now=pair.now + 10.0)
    assert view.status == "Connected"
    assert view.soft_keys == ("Hold", "EndCall", "Transfer")
    assert view.speaker
    assert not view.ringing
    call = pair.station.calls.current
    assert call is not None
    assert call.media_time == pytest.approx(0.02)
    pair.hears(pair.server.hung_up(REF))
    assert pair.server.of(OnHook)  # the person puts the handset down
    assert pair.station.faults == ()


def test_the_acknowledgements_of_a_7961() -> None:
    pair = Pair("7961").in_a_call()
    ack = pair.sent(StartMediaTransmissionAck)
    assert ack == StartMediaTransmissionAck(REF, REF + 1000, REF, StationAddress.of("192.0.2.1"), 20000)
    pair = Pair("6911").in_a_call()
    ack = pair.sent(StartMediaTransmissionAck)
    assert isinstance(ack, StartMediaTransmissionAck)
    assert (ack.conf_id, ack.party_id, ack.call_ref) == (0, 0, REF)


def test_hold_and_resume() -> None:
    pair = Pair("7975").in_a_call()
    pair.press("Hold")
    assert pair.sent(SoftKeyEvent) == SoftKeyEvent(SoftKeyEventType.HOLD, 1, REF)
    pair.hears(pair.server.held(REF))
    call = pair.station.calls.current
    assert call is not None
    assert call.on_hold
    assert call.channel is None
    pair.press("Resume")
    pair.hears(pair.server.open_channel(REF) + pair.server.connected(REF))
    pair.hears(pair.server.start_media(REF, "192.0.2.9", 30000))
    assert pair.station.faults == ()
    assert [kind for kind in pair.kinds() if kind in {PortWanted, PortUnwanted, SendingWanted}] == [
        PortWanted,
        SendingWanted,
        PortUnwanted,
        PortWanted,
        SendingWanted,
    ]


def test_on_a_7961_the_end_of_sending_closes_the_receiving_side() -> None:
    pair = Pair("7961").in_a_call()
    pair.events.clear()
    pair.says(StopMediaTransmission(REF, REF + 1000, REF))
    assert pair.kinds() == [SendingUnwanted, PortUnwanted]


def test_keys_in_a_call() -> None:
    pair = Pair("7975").in_a_call()
    pair.station.do(lambda keys: keys.digit("#", now=pair.now), now=pair.now)
    pair.exchange()
    assert pair.sent(KeypadButton) == KeypadButton(KeypadKey.POUND, 1, REF)
    assert [event.key for event in pair.events if isinstance(event, KeyToPlay)] == ["#"]
    old = Pair("7912").in_a_call()
    old.station.do(lambda keys: keys.digit("#", now=old.now), now=old.now)
    old.exchange()
    assert KeyToPlay not in old.kinds()
    assert old.server.of(KeypadButton)


def test_a_busy_number() -> None:
    pair = Pair().registered()
    pair.dial("603")
    pair.hears(pair.server.dial_tone(REF) + pair.server.proceed(REF, "603") + pair.server.busy(REF))
    view = pair.station.view(now=pair.now)
    assert (view.status, view.tone) == ("Busy", "line busy")
    pair.hears(pair.server.hung_up(REF))
    over = pair.events[-1]
    assert isinstance(over, CallOver)
    assert over.call.status == 486


def test_a_second_call_knocks() -> None:
    pair = Pair("7975").in_a_call()
    pair.hears(pair.server.ring_in(REF + 1, "1003"))
    assert pair.station.calls.selected == REF
    assert len(pair.station.view(now=pair.now).calls) == 2
    pair.station.do(lambda keys: keys.line(1, now=pair.now), now=pair.now)
    pair.exchange()
    assert pair.sent(Stimulus) == Stimulus(StimulusType.LINE, 1, REF + 1)
    assert pair.station.faults == ()


def test_a_line_shared_with_another_phone() -> None:
    pair = Pair().registered()
    pair.hears(pair.server.ring_in(REF, "1002"))
    pair.says(
        CallState(StationCallState.CONNECTED, 1, REF),
        CallState(StationCallState.IN_USE_REMOTELY, 1, REF),
    )
    assert pair.station.faults == ()
    pair.says(CallState(StationCallState.ON_HOOK, 1, REF))
    assert pair.station.calls.all == ()


def test_texts_that_end_by_themselves() -> None:
    pair = Pair().registered()
    pair.says(DisplayPriNotify("Parked at 700", 10, 5))
    assert pair.station.view(now=pair.now).status == "Parked at 700"
    assert pair.station.view(now=pair.now + 11).status == "Your current options"


def test_the_message_lamp() -> None:
    pair = Pair().registered()
    pair.says(SetLamp(StimulusType.VOICEMAIL, 0, LampMode.ON))
    assert pair.events == [MessageLampSwitched(lit=True)]
    assert pair.station.view(now=pair.now).message_waiting


@pytest.mark.parametrize("kind", [ResetType.RESET, ResetType.RESTART, ResetType.APPLY_CONFIG])
def test_restarts(kind: ResetType) -> None:
    pair = Pair().registered()
    pair.says(Reset(kind))
    assert pair.events == [RestartOrdered(kind)]


# --- faults ---------------------------------------------------------------------------------------------------------


def faults_of(pair: Pair, *messages: Message) -> str:
    pair.says(*messages)
    return "; ".join(pair.station.faults)


def test_connected_without_off_hook() -> None:
    pair = Pair().registered()
    pair.hears(pair.server.ring_in(REF, "1002"))
    pair.says(CallState(StationCallState.CONNECTED, 1, REF))
    assert pair.station.faults == ()  # it may still be another phone of a shared line
    assert "without having been off hook" in faults_of(pair, CallState(StationCallState.HOLD, 1, REF))


def test_java_phones_keep_silent_to_a_channel_before_off_hook() -> None:
    pair = Pair().registered()
    pair.hears(pair.server.ring_in(REF, "1002"))
    pair.hears(pair.server.open_channel(REF))
    assert "never off hook" in pair.station.faults[0]
    assert pair.server.of(OpenReceiveChannelAck) == []


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (CallInfo(1, 77), "CallInfo for call 77"),
        (DisplayPromptStatus("x", 0, 1, 77), "a prompt for call 77"),
        (SelectSoftKeys(1, 77, SoftKeySetIndex.CONNECTED, ALL_KEYS), "SelectSoftKeys for call 77"),
        (SelectSoftKeys(0, 0, SoftKeySetIndex.HOLD_CONFERENCE, ALL_KEYS), "set 12"),
        (CallState(StationCallState.ON_HOOK, 1, 77), "does not know"),
        (CallState(StationCallState.RING_OUT, 1, 77), "begins with the state RING_OUT"),
        (CallState(StationCallState.OFF_HOOK, 9, 77), "line 9"),
        (CallState(StationCallState(99), 1, 77), "99 does not exist"),
        (StartMediaTransmission(1, 1, StationAddress.of("192.0.2.9"), 30000, call_ref=77), "for call 77"),
        (ButtonTemplate.of(ButtonDefinition(n + 1, StimulusType.LINE) for n in range(7)), "fills 7 buttons"),
        (ButtonTemplate.of([ButtonDefinition(1, StimulusType.SPEED_DIAL)]), "no line"),
    ],
)
def test_faults(message: Message, words: str) -> None:
    assert words in faults_of(Pair("7961").registered(), message)


def test_media_without_a_receive_channel() -> None:
    pair = Pair().registered()
    pair.hears(pair.server.dial_tone(REF) + pair.server.proceed(REF, "1"))
    pair.hears(pair.server.start_media(REF, "192.0.2.9", 30000))
    assert pair.station.faults == (f"StartMediaTransmission for call {REF} without OpenReceiveChannel",)


def test_a_codec_that_the_phone_does_not_have() -> None:
    pair = Pair().registered()
    pair.hears(pair.server.dial_tone(REF))
    pair.hears(pair.server.open_channel(REF, MediaCodec.GSM))
    ack = pair.sent(OpenReceiveChannelAck)
    assert isinstance(ack, OpenReceiveChannelAck)
    assert ack.status == MediaStatus.INVALID_CODEC
    assert "GSM" in pair.station.faults[0]


def test_a_source_address_silences_the_phone() -> None:
    pair = Pair().registered()
    pair.hears(pair.server.dial_tone(REF))
    pair.says(OpenReceiveChannel(REF, 5, call_ref=REF, source_ip=StationAddress.of("192.0.2.7"), source_port=4000))
    assert pair.server.of(OpenReceiveChannelAck) == []
    assert "source address" in pair.station.faults[0]


@pytest.mark.parametrize("model", ["7911", "7961", "7975"])
def test_java_phones_reset_themselves(model: str) -> None:
    pair = Pair(model).registered()
    pair.says(ClearDisplay())
    assert pair.events == [StationReset("Invalid SCCP message ID 9a")]
    assert "must never be sent" in pair.station.faults[0]
    other = Pair("7960").registered()
    other.says(ClearDisplay())
    assert other.station.state is StationState.READY
    assert other.station.faults


@pytest.mark.parametrize(
    ("model", "written_as"), [("7961", 11), ("7961", 16), ("7960", 22), ("7912", 17), ("8945", 17), ("6941", 22)]
)
def test_layouts_of_another_version(model: str, written_as: int) -> None:
    pair = Pair(model).registered()
    pair.hears(encode(OpenReceiveChannel(1, 1, call_ref=1), written_as, header=0))
    pair.hears(encode(LineStat(1, "1001"), written_as, header=0))
    assert len([text for text in pair.station.faults if "bytes at version" in text or "belong" in text]) >= 1


def test_texts_that_are_too_long_or_not_utf_8() -> None:
    pair = Pair().registered()
    long = b"\0" * 12 + b"x" * 97 + b"\0" * 3
    pair.hears(Frame(0x0145, long, 22).to_bytes())
    assert "97 bytes, the phone takes 96" in pair.station.faults[0]
    pair = Pair().registered()
    pair.hears(Frame(0x0145, b"\0" * 12 + b"M\xfcller\0\0", 22).to_bytes())
    assert pair.station.faults == ("a text in DISPLAY_DYNAMIC_PROMPT_STATUS is not UTF-8",)


def test_a_frame_that_is_not_filled_up() -> None:
    pair = Pair().registered()
    body = bytes.fromhex("010000000f000000") + b"1001\0" * 3
    pair.hears(Frame(0x0147, body, 22).to_bytes())
    assert "multiple of four" in pair.station.faults[0]


def test_the_recorded_line_stat_is_no_fault() -> None:
    pair = Pair().registered()
    recorded = "1c0000001600000047010000010000000f00000031303031003130303100313030310000"
    pair.hears(bytes.fromhex(recorded))
    assert pair.station.faults == ()
    assert pair.station.view(now=pair.now).labels == ("1001",)


ACKNOWLEDGED = next(frame for frame in FRAMES if frame.number == 25).data
"""OpenReceiveChannel as a 7961G acknowledged it."""


def test_the_channel_that_a_7961_acknowledged() -> None:
    pair = Pair("7961").registered()
    pair.hears(pair.server.dial_tone(1))
    pair.hears(ACKNOWLEDGED)
    assert pair.station.faults == ()
    ack = pair.sent(OpenReceiveChannelAck)
    assert ack == OpenReceiveChannelAck(MediaStatus.OK, StationAddress.of("192.0.2.1"), 20000, 1, 1)


def test_a_call_that_ends_with_its_channel_open() -> None:
    pair = Pair().in_a_call()
    pair.says(CallState(StationCallState.ON_HOOK, 1, REF))
    assert pair.station.faults == (f"call {REF} ended with its receive channel open",)


def test_garbage_ends_the_connection() -> None:
    pair = Pair().registered()
    pair.hears(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    assert [type(event) for event in pair.events] == [ConnectionDead]


def test_what_comes_before_the_acknowledgement() -> None:
    pair = Pair()
    pair.station.register(now=pair.now)
    pair.station.data_to_send()
    pair.station.receive_stream(encode(LineStat(1, "1"), 3), now=pair.now)
    pair.station.receive_stream(encode(KeepAliveAck(), 3) + encode(CapabilitiesReq(), 3), now=pair.now)
    assert "LineStat before RegisterAck" in pair.station.faults


def test_a_version_that_was_not_offered() -> None:
    pair = Pair("7912")
    pair.server = replace(pair.server, ceiling=22)
    pair.station.register(now=pair.now)
    pair.station.data_to_send()
    pair.station.receive_stream(encode(RegisterAck(30, protocol_version=22), 22), now=pair.now)
    assert "the phone offered 7" in pair.station.faults[0]
    assert pair.station.version == 7
