"""Frames that went between real phones and servers, and what they mean.

Facts recorded in public sources (the SCCP frames reference numbers them alike); names and addresses are neutral ones.
Numbers 33 to 38 were recorded without their last four bytes, which are zeros here: see ``cut``.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from bridge.sccp import (
    ButtonDefinition,
    ButtonTemplate,
    ConfigStat,
    ConnectionStatisticsRes,
    DefineTimeDate,
    DeviceType,
    EnblocCall,
    ExtensionDeviceCaps,
    LineStat,
    MediaCapability,
    MediaCodec,
    MediaDirection,
    MediaPath,
    MediaPathCapability,
    MediaPathCapabilityType,
    MediaStatus,
    Message,
    OffHook,
    OnHook,
    OpenReceiveChannel,
    OpenReceiveChannelAck,
    Register,
    RegisterAvailableLines,
    SelectSoftKeys,
    SoftKeySetIndex,
    StartMediaTransmission,
    StartMediaTransmissionAck,
    StationAddress,
    StatsProcessing,
    StimulusType,
    UpdateCapabilities,
)


@dataclass(frozen=True, slots=True)
class KnownFrame:
    """A frame, the version its peers had negotiated (or offered), and the message in it."""

    number: int
    what: str
    version: int
    data: bytes
    message: Message
    cut: int = 0
    """Bytes at the end that the recording lacks."""


def _frame(hexadecimal: str, size: int) -> bytes:
    """The bytes, with zeros to the end of the frame."""
    return bytes.fromhex(hexadecimal).ljust(size, b"\0")


FRAMES = (
    KnownFrame(
        1,
        "a 7912 registers and offers version 7",
        7,
        _frame(
            "3800000000000000010000005345503030313338304144394535460000000000010000000a660ad13775000000000000"
            "0000000007000081",
            64,
        ),
        Register(
            "SEP001380AD9E5F",
            0,
            1,
            IPv4Address("10.102.10.209"),
            DeviceType.CISCO_7912G,
            protocol_version=7,
            feature2=0x81,
        ),
    ),
    KnownFrame(
        2,
        "a 7936 registers with version 4; its stream count holds a leftover",
        4,
        _frame(
            "300000000000000001000000534550303030344632303030303031000000000001000000c0a804c84375000000000000"
            "0000000104",
            56,
        ),
        Register(
            "SEP0004F2000001",
            0,
            1,
            IPv4Address("192.168.4.200"),
            DeviceType.CISCO_7936,
            active_streams=0x01000000,
            protocol_version=4,
        ),
    ),
    KnownFrame(
        3,
        "a 7960 registers with version 11; its MAC field holds the text RING",
        11,
        _frame(
            "4400000000000000010000005345503030314235333030303030320000000000010000000a0f0fb20700000000000000"
            "000000000b0060850000000000000000000000000000000052494e47",
            76,
        ),
        Register(
            "SEP001B53000002",
            0,
            1,
            IPv4Address("10.15.15.178"),
            DeviceType.CISCO_7960,
            protocol_version=11,
            feature1=0x60,
            feature2=0x85,
            mac=bytes(8) + b"RING",
        ),
    ),
    KnownFrame(
        4,
        "a 6961 registers with version 15; its MAC field holds the MAC as text",
        15,
        _frame(
            "440000000000000001000000534550303031313231303030303033000000000001000000c0000214f101000028000000"
            "000000000f2070850000000000000000303031313231303030303033",
            76,
        ),
        Register(
            "SEP001121000003",
            0,
            1,
            IPv4Address("192.0.2.20"),
            DeviceType.CISCO_6961,
            40,
            protocol_version=15,
            feature0=0x20,
            feature1=0x70,
            feature2=0x85,
            mac=b"001121000003",
        ),
    ),
    KnownFrame(
        5,
        "a 7941 registers with version 17 and tells its load",
        17,
        _frame(
            "800000001100000001000000534550303031463945303030303034000000000000000000c0a809247300000005000000"
            "00000000110072850100000000000000001f9e0000040000000000000300000002000000000000000000000000000000"
            "00000000000000005343435034312e382d352d3353",
            136,
        ),
        Register(
            "SEP001F9E000004",
            0,
            0,
            IPv4Address("192.168.9.36"),
            DeviceType.CISCO_7941G,
            5,
            protocol_version=17,
            feature1=0x72,
            feature2=0x85,
            max_conferences=1,
            mac=bytes.fromhex("001F9E000004000000000000"),
            ipv4_scope=3,
            max_lines=2,
            load_name="SCCP41.8-5-3S",
        ),
    ),
    KnownFrame(
        6,
        "a 7960 tells 0 lines",
        8,
        _frame("08000000000000002d000000", 16),
        RegisterAvailableLines(0),
    ),
    KnownFrame(
        7,
        "a 7962 tells 2 lines under header version 22",
        22,
        _frame("08000000160000002d00000002", 16),
        RegisterAvailableLines(2),
    ),
    KnownFrame(
        8,
        "a 7970 with one 7914",
        9,
        _frame(
            "a80000000000000059010000010000000100000002000000000000000000000000000000000000000000000000000000"
            "6d61782d636861696e65643d32206465766963654c696e653d3134",
            176,
        ),
        ExtensionDeviceCaps(1, 1, 2, text="max-chained=2 deviceLine=14"),
    ),
    KnownFrame(
        9,
        "a 7962 with one 7915",
        9,
        _frame(
            "a80000000000000059010000010000000200000002000000000000000000000000000000000000000000000000000000"
            "6d61782d636861696e65643d32206465766963654c696e653d3234",
            176,
        ),
        ExtensionDeviceCaps(1, 2, 2, text="max-chained=2 deviceLine=24"),
    ),
    KnownFrame(
        10,
        "an add-on module in the longer body",
        9,
        _frame(
            "b00000000000000059010000010000000200000002000000000000000000000000000000000000000000000000000000"
            "6d61782d636861696e65643d32206465766963654c696e653d3234",
            184,
        ),
        ExtensionDeviceCaps(1, 2, 2, text="max-chained=2 deviceLine=24"),
    ),
    KnownFrame(
        11,
        "IP Communicator can use its speaker",
        22,
        _frame("0c000000160000004a0000000300000001", 20),
        MediaPathCapability(MediaPath.SPEAKER, MediaPathCapabilityType.ENABLE),
    ),
    KnownFrame(
        12,
        "a 7961 at version 22 tells its codecs in the oldest form",
        22,
        _frame("34070000160000003000000008000000", 12 + 312)
        + _frame(
            "190000002800000000000000000000000400000028000000000000000000000002000000280000000000000000000000"
            "0f0000003c0000000000000000000000100000003c00000000000000000000000b0000003c0000000000000000000000"
            "0c0000003c00000000000000000000000101000001",
            1852 - 12 - 312,
        ),
        UpdateCapabilities(
            (
                MediaCapability(MediaCodec.WIDEBAND_256K, 40),
                MediaCapability(MediaCodec.G711_ULAW_64K, 40),
                MediaCapability(MediaCodec.G711_ALAW_64K, 40),
                MediaCapability(MediaCodec.G729_ANNEX_B, 60),
                MediaCapability(MediaCodec.G729_ANNEX_A_B, 60),
                MediaCapability(MediaCodec.G729, 60),
                MediaCapability(MediaCodec.G729_ANNEX_A, 60),
                MediaCapability(MediaCodec.TELEPHONE_EVENT, 1),
            ),
            video_and_data=bytes(1240),
        ),
    ),
    KnownFrame(
        13,
        "handset of a 7960 lifted",
        8,
        _frame("0c0000000000000006000000", 20),
        OffHook(0, 0),
    ),
    KnownFrame(
        14,
        "handset of a 7962 lifted",
        22,
        _frame("0c0000001600000006000000", 20),
        OffHook(0, 0),
    ),
    KnownFrame(
        15,
        "handset of a 7960 put down",
        8,
        _frame("0c0000000000000007000000", 20),
        OnHook(0, 0),
    ),
    KnownFrame(
        16,
        "handset of a 7962 put down",
        22,
        _frame("0c0000001600000007000000", 20),
        OnHook(0, 0),
    ),
    KnownFrame(
        17,
        "an 8945 dials a number at once, fields aligned",
        22,
        _frame("2400000016000000040000003938303131000000000000000000000000000000000000000000000001", 44),
        EnblocCall("98011", 1),
    ),
    KnownFrame(
        18,
        "a 7970 dials a number at once, fields packed",
        22,
        _frame("2400000016000000040000003938303131000000000000000000000000000000000000000001", 44),
        EnblocCall("98011", 1),
    ),
    KnownFrame(
        19,
        "CallManager 4.1 opens a channel with 68 bytes",
        6,
        _frame("4800000000000000050100001f00000101010001140000000400000000000000000000001f000001", 80),
        OpenReceiveChannel(16777247, 16777473, 20, MediaCodec.G711_ULAW_64K, call_ref=16777247),
    ),
    KnownFrame(
        20,
        "CallManager 7 opens a channel with 92 bytes",
        11,
        _frame(
            "6000000000000000050100005bae9d015a000001140000000400000000000000000000005bae9d010000000000000000"
            "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
            "000000000a",
            104,
        ),
        OpenReceiveChannel(27111003, 16777306, 20, MediaCodec.G711_ULAW_64K, call_ref=27111003, dtmf_type=10),
    ),
    KnownFrame(
        21,
        "a channel opened at version 17 with a source address",
        17,
        _frame(
            "840000001100000005010000ecbc68010700000114000000040000000000000000000000ecbc68010000000000000000"
            "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
            "000000000a000000000000000000000000000000c0a8092c000000000000000000000000a00f",
            140,
        ),
        OpenReceiveChannel(
            23641324,
            16777223,
            20,
            MediaCodec.G711_ULAW_64K,
            call_ref=23641324,
            dtmf_type=10,
            source_ip=StationAddress.of("192.168.9.44"),
            source_port=4000,
        ),
    ),
    KnownFrame(
        22,
        "transmission started at version 17",
        17,
        _frame(
            "88000000110000008a00000054ae9d015300000100000000c0a8092c000000000000000000000000c64c000014000000"
            "04000000b800000000000000000000000000000054ae9d01000000000000000000000000000000000000000000000000"
            "0000000000000000000000000000000000000000000000000000000000000000000000000a",
            144,
        ),
        StartMediaTransmission(
            27110996,
            16777299,
            StationAddress.of("192.168.9.44"),
            19654,
            20,
            MediaCodec.G711_ULAW_64K,
            184,
            call_ref=27110996,
            dtmf_type=10,
        ),
    ),
    KnownFrame(
        23,
        "a 6911 acknowledges transmission, conference and party 0",
        17,
        _frame("2c000000110000005401000000000000000000001500000000000000c0a8117b000000000000000000000000982b", 52),
        StartMediaTransmissionAck(0, 0, 21, StationAddress.of("192.168.17.123"), 11160),
    ),
    KnownFrame(
        24,
        "a 6901 acknowledges transmission with eight bytes more",
        20,
        _frame("340000001400000054010000000000000000000012000000000000000a01022c000000000000000000000000f42f", 60),
        StartMediaTransmissionAck(0, 0, 18, StationAddress.of("10.1.2.44"), 12276),
    ),
    KnownFrame(
        25,
        "a channel that a 7961 acknowledged at version 22",
        22,
        _frame(
            "ac0000001600000005010000010000000100000014000000020000000000000000000000010000000000000000000000"
            "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
            "650000000a0000000000000001",
            180,
        ),
        OpenReceiveChannel(
            1,
            1,
            20,
            MediaCodec.G711_ALAW_64K,
            call_ref=1,
            rfc2833_payload=101,
            dtmf_type=10,
            direction=MediaDirection.RECEIVE_ONLY,
        ),
    ),
    KnownFrame(
        26,
        "its acknowledgement",
        22,
        _frame("2800000016000000220000000000000000000000c0000201000000000000000000000000a00f00000100000001", 48),
        OpenReceiveChannelAck(MediaStatus.OK, StationAddress.of("192.0.2.1"), 4000, 1, 1),
    ),
    KnownFrame(
        27,
        "a transmission that a 7961 acknowledged at version 22",
        22,
        _frame(
            "ac000000160000008a000000010000000100000000000000c0000201000000000000000000000000a00f000014000000"
            "020000000000000000000000280000000000000001000000000000000000000000000000000000000000000000000000"
            "0000000000000000000000000000000000000000000000000000000000000000650000000a0000000000000001",
            180,
        ),
        StartMediaTransmission(
            1,
            1,
            StationAddress.of("192.0.2.1"),
            4000,
            20,
            MediaCodec.G711_ALAW_64K,
            0,
            max_frames=40,
            call_ref=1,
            rfc2833_payload=101,
            dtmf_type=10,
            direction=MediaDirection.RECEIVE_ONLY,
        ),
    ),
    KnownFrame(
        28,
        "its acknowledgement",
        22,
        _frame("2c000000160000005401000001000000010000000100000000000000c0000201000000000000000000000000a00f", 52),
        StartMediaTransmissionAck(1, 1, 1, StationAddress.of("192.0.2.1"), 4000),
    ),
    KnownFrame(
        29,
        "a line button that a 7961 showed at version 22",
        22,
        _frame("1c0000001600000047010000010000000f0000003130303100313030310031303031", 36),
        LineStat(1, "1001", "1001", "1001", line_type=15),
    ),
    KnownFrame(
        30,
        "statistics with the text at 64",
        11,
        _frame(
            "9c020000000000002300000039383033310000000000000000000000000000000000000004000000000000002f000000"
            "941f000030000000402000000000000000000000000000006f0000004d4c514b3d302e303030303b4d4c514b61763d30"
            "2e303030303b4d4c514b6d6e3d302e303030303b4d4c514b6d783d302e303030303b4d4c514b76723d302e39353b4343"
            "523d302e303030303b4943523d302e303030303b4943526d783d302e303030303b43533d303b5343533d30",
            676,
        ),
        ConnectionStatisticsRes(
            "98031",
            4,
            StatsProcessing.CLEAR,
            47,
            8084,
            48,
            8256,
            quality="MLQK=0.0000;MLQKav=0.0000;MLQKmn=0.0000;MLQKmx=0.0000;MLQKvr=0.95;"
            "CCR=0.0000;ICR=0.0000;ICRmx=0.0000;CS=0;SCS=0",
        ),
    ),
    KnownFrame(
        31,
        "statistics with the text at 68",
        20,
        _frame(
            "a00200001400000023000000313337000000000000000000000000000000000000000000000000000300000000000000"
            "99000000a05f000091000000a05a0000000000000000000000000000740000004c6f67203437363a206d6f7320302e30"
            "3030302c206176674d6f7320302e303030302c206d61784d6f7320302e303030302c206d696e4d6f7320302e30303030"
            "2c20435320302c2053435320302c2043435220302e303030302c2049435220302e303030302c206d6178435220302e30"
            "3030300a",
            680,
        ),
        ConnectionStatisticsRes(
            "137",
            3,
            StatsProcessing.CLEAR,
            153,
            24480,
            145,
            23200,
            quality="Log 476: mos 0.0000, avgMos 0.0000, maxMos 0.0000, minMos 0.0000, CS 0, SCS 0, "
            "CCR 0.0000, ICR 0.0000, maxCR 0.0000\n",
        ),
    ),
    KnownFrame(
        32,
        "statistics with the text at 65",
        22,
        _frame(
            "b400000016000000230000003938303131000000000000000000000000000000000000000000000001000000005c0000"
            "00d03d000059000000cc3b00000000000000000000000000006f0000004d4c514b3d302e303030303b4d4c514b61763d"
            "302e303030303b4d4c514b6d6e3d302e303030303b4d4c514b6d783d302e303030303b4943523d302e303030303b4343"
            "523d302e303030303b4943526d783d302e303030303b43533d303b5343533d303b4d4c514b76723d302e3935",
            188,
        ),
        ConnectionStatisticsRes(
            "98011",
            1,
            StatsProcessing.CLEAR,
            92,
            15824,
            89,
            15308,
            quality="MLQK=0.0000;MLQKav=0.0000;MLQKmn=0.0000;MLQKmx=0.0000;"
            "ICR=0.0000;CCR=0.0000;ICRmx=0.0000;CS=0;SCS=0;MLQKvr=0.95",
        ),
    ),
    KnownFrame(
        33,
        "CallManager 3.3 names a device; garbage after the NUL",
        3,
        _frame(
            "740000000000000093000000534550323232323333333334343434000000000000000000000000000000000000000000"
            "00000000000000000000000000000000000000000000000000000000505542333300000054254f05f412190301010303"
            "d0951b0040fcfc770000000068ec1b00f412190301",
            124,
        ),
        ConfigStat("SEP222233334444", 0, 0, "", "PUB33", 1),
        cut=4,
    ),
    KnownFrame(
        34,
        "CallManager 3.3 declares buttons",
        3,
        _frame(
            "6400000000000000970000000000000008000000080000000109020901020202030204020502060200ff00ff00ff00ff"
            "00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff"
            "00ff00ff00ff00ff",
            108,
        ),
        ButtonTemplate(
            (
                *(ButtonDefinition(n, StimulusType.LINE) for n in (1, 2)),
                *(ButtonDefinition(n, StimulusType.SPEED_DIAL) for n in range(1, 7)),
            ),
            0,
            8,
        ),
        cut=4,
    ),
    KnownFrame(
        35,
        "CallManager 3.1 fills a line button with 68 bytes; garbage after the NUL",
        3,
        _frame(
            "4800000000000000920000000100000031303033005bb60568f1540595a2aa002cf1540564f1540038313635353531303033", 80
        ),
        LineStat(1, "1003", "8165551003"),
        cut=4,
    ),
    KnownFrame(
        36,
        "CallManager 3.3 fills a line button with 108 bytes; garbage after the NUL",
        3,
        _frame(
            "700000000000000092000000010000003130303300f1af06142b4b0480f99705b4f0af065955b7003831363535353130"
            "30330000000000000000000000000000000000000000000000000000000000004c696e652031303033",
            120,
        ),
        LineStat(1, "1003", "8165551003", "Line 1003"),
        cut=4,
    ),
    KnownFrame(
        37,
        "CallManager 3.1 tells the time",
        3,
        _frame("280000000000000094000000ea07000006000000050000000500000017000000120000002f", 48),
        DefineTimeDate(2026, 6, 5, 5, 23, 18, 47),
        cut=4,
    ),
    KnownFrame(
        38,
        "CallManager 3.1 selects soft keys",
        3,
        _frame("140000000000000010010000", 28),
        SelectSoftKeys(0, 0, SoftKeySetIndex.ON_HOOK, 0),
        cut=4,
    ),
)
