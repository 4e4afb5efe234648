"""Recorded frames 1 to 18: registration, device information, hook and dialling."""

from __future__ import annotations

from ipaddress import IPv4Address

from bridge.sccp import (
    DeviceType,
    EnblocCall,
    ExtensionDeviceCaps,
    MediaCapability,
    MediaCodec,
    MediaPath,
    MediaPathCapability,
    MediaPathCapabilityType,
    OffHook,
    OnHook,
    Register,
    RegisterAvailableLines,
    UpdateCapabilities,
)
from tests.wire.sccp_known_frame import KnownFrame, padded

PHONE_FRAMES = (
    KnownFrame(
        1,
        "a 7912 registers and offers version 7",
        7,
        padded(
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
        padded(
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
        padded(
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
        padded(
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
        padded(
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
        padded("08000000000000002d000000", 16),
        RegisterAvailableLines(0),
    ),
    KnownFrame(
        7,
        "a 7962 tells 2 lines under header version 22",
        22,
        padded("08000000160000002d00000002", 16),
        RegisterAvailableLines(2),
    ),
    KnownFrame(
        8,
        "a 7970 with one 7914",
        9,
        padded(
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
        padded(
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
        padded(
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
        padded("0c000000160000004a0000000300000001", 20),
        MediaPathCapability(MediaPath.SPEAKER, MediaPathCapabilityType.ENABLE),
    ),
    KnownFrame(
        12,
        "a 7961 at version 22 tells its codecs in the oldest form",
        22,
        padded("34070000160000003000000008000000", 12 + 312)
        + padded(
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
        padded("0c0000000000000006000000", 20),
        OffHook(0, 0),
    ),
    KnownFrame(
        14,
        "handset of a 7962 lifted",
        22,
        padded("0c0000001600000006000000", 20),
        OffHook(0, 0),
    ),
    KnownFrame(
        15,
        "handset of a 7960 put down",
        8,
        padded("0c0000000000000007000000", 20),
        OnHook(0, 0),
    ),
    KnownFrame(
        16,
        "handset of a 7962 put down",
        22,
        padded("0c0000001600000007000000", 20),
        OnHook(0, 0),
    ),
    KnownFrame(
        17,
        "an 8945 dials a number at once, fields aligned",
        22,
        padded("2400000016000000040000003938303131000000000000000000000000000000000000000000000001", 44),
        EnblocCall("98011", 1),
    ),
    KnownFrame(
        18,
        "a 7970 dials a number at once, fields packed",
        22,
        padded("2400000016000000040000003938303131000000000000000000000000000000000000000001", 44),
        EnblocCall("98011", 1),
    ),
)
