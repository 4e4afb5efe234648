"""Versions: negotiation, acknowledged features, header versions, feature bits."""

from __future__ import annotations

import pytest

from bridge.sccp import (
    CodePage,
    DeviceType,
    MessageId,
    PhoneFeatures,
    Register,
    acknowledged_features,
    header_version,
    negotiate,
)


@pytest.mark.parametrize(
    ("offered", "ceiling", "spoken"),
    [
        (3, 22, 3),
        (7, 22, 5),
        (8, 22, 8),
        (14, 22, 11),
        (17, 22, 17),
        (22, 22, 22),
        (33, 22, 22),
        (22, 11, 11),
        (0, 22, 3),
    ],
)
def test_the_smaller_version_is_spoken_rounded_down(offered: int, ceiling: int, spoken: int) -> None:
    assert negotiate(offered, ceiling) == spoken


@pytest.mark.parametrize(
    ("version", "features"),
    [(3, "000000"), (5, "20F1FE"), (10, "20F1FE"), (11, "20F1FF"), (22, "20F1FF")],
)
def test_the_acknowledged_features(version: int, features: str) -> None:
    assert bytes(acknowledged_features(version)) == bytes.fromhex(features)


@pytest.mark.parametrize(
    ("message", "version", "header"),
    [
        (MessageId.CALL_STATE, 9, 0),
        (MessageId.CALL_STATE, 10, 10),
        (MessageId.CALL_STATE, 22, 22),
        (MessageId.REGISTER_ACK, 22, 0),
        (MessageId.KEEP_ALIVE_ACK, 22, 0),
        (MessageId.UNREGISTER_ACK, 22, 0),
        (MessageId.REGISTER_REJECT, 22, 0),
        (0x7777, 17, 17),
    ],
)
def test_the_header_version(message: int, version: int, header: int) -> None:
    assert header_version(message, version) == header


def test_feature_bits_of_real_phones() -> None:
    old = PhoneFeatures.of(0x00, 0x00, 0x81)
    assert PhoneFeatures.DYNAMIC_MESSAGES in old
    assert PhoneFeatures.ABBREVIATED_DIAL in old
    assert PhoneFeatures.RFC2833 not in old
    assert old.code_page is CodePage.LATIN_1
    newer = PhoneFeatures.of(0x00, 0x72, 0x85)
    assert PhoneFeatures.RFC2833 | PhoneFeatures.UTF_8 | PhoneFeatures.PORT_REQUEST in newer
    assert newer.code_page is CodePage.UTF_8


@pytest.mark.parametrize(
    ("device_type", "said", "offered"),
    [
        (DeviceType.CISCO_7961G, 22, 22),
        (DeviceType.CISCO_7936, 0, 3),
        (DeviceType.ATA_186, 33, 3),
        (DeviceType.VGC_PHONE, 0, 3),
    ],
)
def test_what_a_phone_offers(device_type: DeviceType, said: int, offered: int) -> None:
    assert Register("X", device_type=device_type, protocol_version=said).offered_version == offered
