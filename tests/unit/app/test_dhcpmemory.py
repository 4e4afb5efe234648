"""What a check of DHCP found is kept for the diagnosis, for a while."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from bridge.app.diagnosis.dhcpmemory import FILE, KEPT, answer_of, remember, remembered
from bridge.dhcp import DhcpReply, MessageType
from bridge.journey import DhcpAnswer
from tests.unit.app.conftest import NOON

ANY = IPv4Address("192.0.2.1")


def reply(**options: bytes) -> DhcpReply:
    return DhcpReply(1, MessageType.OFFER, ANY, ANY, {int(name[1:]): value for name, value in options.items()})


@pytest.mark.parametrize(
    ("options", "problems", "expected"),
    [
        ({"_150": b"\xc0\x00\x02\x0a\xc0\x00\x02\x0b"}, (), DhcpAnswer(("192.0.2.10", "192.0.2.11"))),
        ({"_66": b"pbx.example.com\0"}, (), DhcpAnswer((), "pbx.example.com")),
        ({"_150": b"a.b.c.d."}, ("bad_option_150",), DhcpAnswer((), "", ("bad_option_150",))),
        ({"_150": b"abc"}, ("bad_option_150",), DhcpAnswer((), "", ("bad_option_150",))),
        ({}, ("missing_tftp_option",), DhcpAnswer((), "", ("missing_tftp_option",))),
    ],
)
def test_an_answer_is_kept_as_a_phone_reads_it(
    tmp_path: Path, options: dict[str, bytes], problems: tuple[str, ...], expected: DhcpAnswer
) -> None:
    answer = answer_of(reply(**options), problems)
    assert answer == expected
    remember(tmp_path, answer, NOON)
    assert remembered(tmp_path, NOON + KEPT) == answer
    assert remembered(tmp_path, NOON + KEPT + timedelta(seconds=1)) is None
    assert remembered(tmp_path, NOON - timedelta(seconds=1)) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"at": 5}',
        b'{"at": "2026-01-01T12:00:00+00:00", "option_150": 1, "option_66": "", "problems": []}',
        b'{"at": "2026-01-01T12:00:00", "option_150": [], "option_66": "", "problems": []}',
    ],
)
def test_a_file_that_is_none_of_ours_says_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    assert remembered(tmp_path, NOON) is None


def test_without_the_right_to_write_the_check_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    remember(tmp_path / "nowhere", DhcpAnswer(), NOON)
    assert "not kept" in caplog.text
