"""Lists of firmware files: plain, signed, and with platforms."""

from __future__ import annotations

import pytest

from bridge.core import SignallingProtocol
from bridge.errors import InvalidInput
from bridge.phones.loadlists import LARGEST_LIST, is_firmware, read_load_list
from tests.firmware import JAVA_41, load_list, platform_list


@pytest.mark.parametrize("signed", [True, False])
def test_an_old_list_names_its_files(signed: bool) -> None:
    found = read_load_list("SCCP41.9-4-2SR3-1S.loads", load_list(*JAVA_41, signed=signed))
    assert found.name == "SCCP41.9-4-2SR3-1S"
    assert found.files == JAVA_41
    assert found.load.protocol is SignallingProtocol.SCCP
    assert "7961G" in found.load.models


def test_a_time_stamp_that_ends_like_a_letter_begins_no_name() -> None:
    """The header's last octet, where it needs no padding: one of four lists (migration reference, section 6.1)."""
    header = b"\x01\x00\x02\x01\x00\x02\x00\x02\x00\x14\x03\x00\x00\x0f\x00\x04" + b"Star"
    found = read_load_list("SCCP41.9-4-2SR3-1S.loads", header + load_list(*JAVA_41, signed=False))
    assert found.files == JAVA_41
    beyond = header.replace(b"\x00\x14\x03", b"\xff\xff\x03")
    assert read_load_list("SCCP41.9-4-2SR3-1S.loads", beyond + b"\n" + load_list(*JAVA_41)).files == JAVA_41


def test_signed_images_of_the_69xx_keep_their_double_ending() -> None:
    names = ("SCCP69xx.9-4-1-3SR3.zz.sgn", "BOOT69xx.0-0-0-14.zz.sgn", "SCCP6945.9-4-1-3.bin1.sgn")
    assert read_load_list("SCCP69xx.9-4-1-3SR3.loads", load_list(*names)).files == names


def test_a_phone_needs_the_block_of_its_own_platform() -> None:
    one, two = ("kern78xx.1.sbn", "rootfs78xx.1.sbn"), ("kern278xx.1.sbn", "rootfs278xx.1.sbn")
    found = read_load_list("sip78xx.12-1-1-12.loads", platform_list(PLATFORM_1=one, PLATFORM_2=two))
    assert dict(found.platforms) == {"PLATFORM_1": one, "PLATFORM_2": two}
    assert found.files == one + two
    assert found.needed(frozenset({"rootfs278xx.1.sbn"})) == two
    assert found.needed(frozenset()) == one + two


def test_what_is_no_list_is_said() -> None:
    with pytest.raises(InvalidInput, match="not the name"):
        read_load_list("../x.loads", b"")
    with pytest.raises(InvalidInput, match="no list"):
        read_load_list("x.loads", bytes(LARGEST_LIST + 1))
    with pytest.raises(InvalidInput, match="names 501 files"):
        read_load_list("x.loads", load_list(*(f"a{number}.sbn" for number in range(501))))
    assert read_load_list("x.loads", b"nothing here").files == ()


@pytest.mark.parametrize("name", ["a.sbn", "CP7921G-1.4.6.3.LOADS", "P00405000700.bin", "x.bin1.sgn", "a(1).zup"])
def test_names_of_firmware(name: str) -> None:
    assert is_firmware(name)


@pytest.mark.parametrize(
    "name", [".a.sbn", "a.exe", "SEP001122334455.cnf.xml.sgn", "readme.txt", "x" * 90 + ".sbn", ""]
)
def test_other_names(name: str) -> None:
    assert not is_firmware(name)
