"""Bodies have the sizes that the message catalogue gives for each version (SCCP wire reference, sections 4 to 7)."""

from __future__ import annotations

import pytest

from bridge.sccp import (
    CallInfo,
    CallState,
    ClearNotify,
    CloseReceiveChannel,
    ConfigStat,
    ConnectionStatisticsReq,
    DefineTimeDate,
    DialedNumber,
    DisplayNotify,
    DisplayPriNotify,
    DisplayPromptStatus,
    EnblocCall,
    FeatureStat,
    ForwardStat,
    KeepAlive,
    KeepAliveAck,
    LineStat,
    MediaStatus,
    MediaTransmissionFailure,
    Message,
    MessageId,
    Notification,
    OpenReceiveChannel,
    OpenReceiveChannelAck,
    PortClose,
    PortReq,
    PortRes,
    Register,
    RegisterAck,
    RegisterReject,
    RegisterTokenReq,
    RingMode,
    SelectSoftKeys,
    ServerRes,
    ServiceUrlStat,
    SetLamp,
    SetRinger,
    SoftKeySetRes,
    SoftKeyTemplateRes,
    SpeedDialStat,
    StartMediaTransmission,
    StartMediaTransmissionAck,
    StartTone,
    StationAddress,
    StationCallState,
    StimulusType,
    StopMediaTransmission,
    StopTone,
    SubscriptionStat,
    Tone,
    UpdateCapabilities,
    Version,
    XmlAlarm,
    encode,
)
from bridge.sccp.tones import ToneDirection

IP = StationAddress.of("192.0.2.1")
ALWAYS = range(3, 23)


def _from(low: int, high: int) -> range:
    return range(low, high + 1)


TABLE: list[tuple[Message, range, int, int]] = [
    (KeepAlive(), ALWAYS, 0x0000, 0),
    (Register("SEP001122AABBCC"), ALWAYS, 0x0001, 172),
    (EnblocCall("1"), _from(3, 16), 0x0004, 24),
    (EnblocCall("1"), _from(17, 17), 0x0004, 28),
    (EnblocCall("1"), _from(18, 22), 0x0004, 32),
    (OpenReceiveChannelAck(MediaStatus.OK, IP, 1, 1), _from(3, 16), 0x0022, 20),
    (OpenReceiveChannelAck(MediaStatus.OK, IP, 1, 1), _from(17, 22), 0x0022, 36),
    (RegisterTokenReq("SEP001122AABBCC"), ALWAYS, 0x0029, 48),
    (MediaTransmissionFailure(1, 1), _from(3, 16), 0x002A, 20),
    (MediaTransmissionFailure(1, 1), _from(17, 22), 0x002A, 36),
    (UpdateCapabilities(()), ALWAYS, 0x0030, 1840),
    (PortRes(1, 1, 1), _from(3, 16), 0x0045, 24),
    (PortRes(1, 1, 1), _from(17, 18), 0x0045, 40),
    (PortRes(1, 1, 1), _from(19, 22), 0x0045, 44),
    (RegisterAck(30), ALWAYS, 0x0081, 20),
    (StartTone(Tone.HOLD, ToneDirection.USER), ALWAYS, 0x0082, 16),
    (StopTone(), _from(3, 10), 0x0083, 8),
    (StopTone(), _from(11, 22), 0x0083, 12),
    (SetRinger(RingMode.OFF), ALWAYS, 0x0085, 16),
    (SetLamp(StimulusType.LINE), ALWAYS, 0x0086, 12),
    (StartMediaTransmission(1, 1, IP, 1), _from(3, 16), 0x008A, 116),
    (StartMediaTransmission(1, 1, IP, 1), _from(17, 20), 0x008A, 132),
    (StartMediaTransmission(1, 1, IP, 1), _from(21, 22), 0x008A, 168),
    (StopMediaTransmission(1, 1), ALWAYS, 0x008B, 16),
    (CallInfo(), _from(3, 7), 0x008F, 384),
    (CallInfo(), _from(8, 15), 0x014A, 32 + 12),
    (CallInfo(), _from(16, 22), 0x014A, 32 + 16),
    (ForwardStat(0, 1), _from(3, 17), 0x0090, 92),
    (ForwardStat(0, 1), _from(18, 22), 0x0090, 96),
    (SpeedDialStat(1), ALWAYS, 0x0091, 68),
    (LineStat(1), _from(3, 16), 0x0092, 112),
    (LineStat(1), _from(17, 22), 0x0147, 12),
    (ConfigStat("SEP001122AABBCC"), ALWAYS, 0x0093, 112),
    (DefineTimeDate(2026, 1, 1, 1), ALWAYS, 0x0094, 36),
    (Version("SCCP41"), ALWAYS, 0x0098, 16),
    (RegisterReject(), ALWAYS, 0x009D, 32),
    (ServerRes((), (), ()), _from(3, 16), 0x009E, 280),
    (ServerRes((), (), ()), _from(17, 22), 0x009E, 360),
    (KeepAliveAck(), ALWAYS, 0x0100, 0),
    (OpenReceiveChannel(1, 1), _from(3, 15), 0x0105, 108),
    (OpenReceiveChannel(1, 1), _from(16, 16), 0x0105, 112),
    (OpenReceiveChannel(1, 1), _from(17, 17), 0x0105, 128),
    (OpenReceiveChannel(1, 1), _from(18, 20), 0x0105, 132),
    (OpenReceiveChannel(1, 1), _from(21, 22), 0x0105, 168),
    (CloseReceiveChannel(1, 1), ALWAYS, 0x0106, 16),
    (ConnectionStatisticsReq(), _from(3, 18), 0x0107, 32),
    (ConnectionStatisticsReq(), _from(19, 22), 0x0107, 36),
    (SoftKeyTemplateRes(()), ALWAYS, 0x0108, 652),
    (SoftKeySetRes(()), ALWAYS, 0x0109, 780),
    (SelectSoftKeys(), ALWAYS, 0x0110, 16),
    (CallState(StationCallState.IDLE), ALWAYS, 0x0111, 24),
    (DisplayPromptStatus(""), _from(3, 7), 0x0112, 44),
    (DisplayPromptStatus(""), _from(8, 22), 0x0145, 16),
    (DisplayNotify(""), _from(3, 7), 0x0114, 36),
    (DisplayNotify(""), _from(8, 22), 0x0143, 8),
    (ClearNotify(), ALWAYS, 0x0115, 0),
    (DialedNumber(""), _from(3, 17), 0x011D, 32),
    (DialedNumber(""), _from(18, 22), 0x011D, 36),
    (FeatureStat(1, StimulusType.FEATURE), _from(3, 14), 0x011F, 52),
    (FeatureStat(1, StimulusType.FEATURE), _from(15, 22), 0x0146, 136),
    (DisplayPriNotify(""), _from(3, 7), 0x0120, 40),
    (DisplayPriNotify(""), _from(8, 22), 0x0144, 12),
    (ServiceUrlStat(1), _from(3, 6), 0x012F, 300),
    (ServiceUrlStat(1), _from(7, 18), 0x0148, 8),
    (ServiceUrlStat(1, "abc"), _from(7, 18), 0x0148, 12),
    (ServiceUrlStat(1, "ab"), _from(19, 22), 0x0148, 12),
    (PortReq(1, 1, 1), ALWAYS, 0x014B, 24),
    (PortClose(1, 1, 1), ALWAYS, 0x014C, 16),
    (SubscriptionStat(1), ALWAYS, 0x0152, 16),
    (Notification(1), ALWAYS, 0x0153, 112),
    (StartMediaTransmissionAck(1, 1, 1, IP, 1), _from(3, 16), 0x0154, 24),
    (StartMediaTransmissionAck(1, 1, 1, IP, 1), _from(17, 22), 0x0154, 40),
    (XmlAlarm(), ALWAYS, 0x015A, 2048),
]


@pytest.mark.parametrize(
    ("message", "versions", "message_id", "size"),
    TABLE,
    ids=[f"{type(message).__name__} {versions[0]}-{versions[-1]}" for message, versions, _, _ in TABLE],
)
def test_the_id_and_the_size_are_those_of_the_version(
    message: Message, versions: range, message_id: int, size: int
) -> None:
    for version in versions:
        data = encode(message, version)
        assert int.from_bytes(data[8:12], "little") == message_id, MessageId(message_id).name
        assert len(data) == 12 + size
        assert int.from_bytes(data[:4], "little") == 4 + size
