"""Recorded frames 19 to 38: media, status, statistics, and servers of old."""

from __future__ import annotations

from bridge.sccp import (
    ButtonDefinition,
    ButtonTemplate,
    ConfigStat,
    ConnectionStatisticsRes,
    DefineTimeDate,
    LineStat,
    MediaCodec,
    MediaDirection,
    MediaStatus,
    OpenReceiveChannel,
    OpenReceiveChannelAck,
    SelectSoftKeys,
    SoftKeySetIndex,
    StartMediaTransmission,
    StartMediaTransmissionAck,
    StationAddress,
    StatsProcessing,
    StimulusType,
)
from tests.wire.sccp_known_frame import KnownFrame, padded

MEDIA_AND_STATUS_FRAMES = (
    KnownFrame(
        19,
        "CallManager 4.1 opens a channel with 68 bytes",
        6,
        padded("4800000000000000050100001f00000101010001140000000400000000000000000000001f000001", 80),
        OpenReceiveChannel(16777247, 16777473, 20, MediaCodec.G711_ULAW_64K, call_ref=16777247),
    ),
    KnownFrame(
        20,
        "CallManager 7 opens a channel with 92 bytes",
        11,
        padded(
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
        padded(
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
        padded(
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
        padded("2c000000110000005401000000000000000000001500000000000000c0a8117b000000000000000000000000982b", 52),
        StartMediaTransmissionAck(0, 0, 21, StationAddress.of("192.168.17.123"), 11160),
    ),
    KnownFrame(
        24,
        "a 6901 acknowledges transmission with eight bytes more",
        20,
        padded("340000001400000054010000000000000000000012000000000000000a01022c000000000000000000000000f42f", 60),
        StartMediaTransmissionAck(0, 0, 18, StationAddress.of("10.1.2.44"), 12276),
    ),
    KnownFrame(
        25,
        "a channel that a 7961 acknowledged at version 22",
        22,
        padded(
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
        padded("2800000016000000220000000000000000000000c0000201000000000000000000000000a00f00000100000001", 48),
        OpenReceiveChannelAck(MediaStatus.OK, StationAddress.of("192.0.2.1"), 4000, 1, 1),
    ),
    KnownFrame(
        27,
        "a transmission that a 7961 acknowledged at version 22",
        22,
        padded(
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
        padded("2c000000160000005401000001000000010000000100000000000000c0000201000000000000000000000000a00f", 52),
        StartMediaTransmissionAck(1, 1, 1, StationAddress.of("192.0.2.1"), 4000),
    ),
    KnownFrame(
        29,
        "a line button that a 7961 showed at version 22",
        22,
        padded("1c0000001600000047010000010000000f0000003130303100313030310031303031", 36),
        LineStat(1, "1001", "1001", "1001", line_type=15),
    ),
    KnownFrame(
        30,
        "statistics with the text at 64",
        11,
        padded(
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
        padded(
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
        padded(
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
        padded(
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
        padded(
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
        padded(
            "4800000000000000920000000100000031303033005bb60568f1540595a2aa002cf1540564f1540038313635353531303033", 80
        ),
        LineStat(1, "1003", "8165551003"),
        cut=4,
    ),
    KnownFrame(
        36,
        "CallManager 3.3 fills a line button with 108 bytes; garbage after the NUL",
        3,
        padded(
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
        padded("280000000000000094000000ea07000006000000050000000500000017000000120000002f", 48),
        DefineTimeDate(2026, 6, 5, 5, 23, 18, 47),
        cut=4,
    ),
    KnownFrame(
        38,
        "CallManager 3.1 selects soft keys",
        3,
        padded("140000000000000010010000", 28),
        SelectSoftKeys(0, 0, SoftKeySetIndex.ON_HOOK, 0),
        cut=4,
    ),
)
